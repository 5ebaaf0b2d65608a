using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SkyDriver.Integration.Tests;

/// <summary>Scripts and scanners of both generations against <c>skydriver up</c>.</summary>
public sealed class OldClientTests : IAsyncLifetime
{
    /// <summary>Set to write the record anew instead of comparing with it.</summary>
    private const string Rewrite = "SKYDRIVER_REWRITE_RECORDS";

    private const string Progress = """
        "progress": {"summary": "busy", "epilogue": "", "tallies": {"nsides": {}}, "processing_stats": {"start": {"scanner start": "2023-04-01 12:00:00"}, "runtime": {"elapsed": "0:01:00"}RATE},
         "predictive_scanning_threshold": 1.0, "last_updated": "2023-04-01 12:01:00"}
        """;
    private const string Table = """{"nside-8": {"columns": ["index", "llh", "E_in", "E_tot"], "metadata": {"nside": 8, "run_id": 1, "event_id": 1}, "data": [[0, 812.44, 4100.2, 4388.9], [1, 809.13, 3990.7, "nan"]]}}""";
    private const string EventMetadata = """{"run_id": 1, "event_id": 1, "event_type": "gfu-gold", "mjd": 59831.25, "is_real_event": false}""";

    private static readonly string Track = File.ReadAllText(Path.Combine(TestPaths.Repository, "examples", "track.json"));
    private readonly TemporaryFolder _data = new();
    private LocalService _service = null!;

    public async ValueTask InitializeAsync() => _service = await LocalService.StartAsync(_data.Path, ("SKYDRIVER_ENGINE", "external"));

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Calls_OfBothGenerations_AreAnsweredAsRecorded()
    {
        OldClient client = new(_service.Http);
        client.Chapter("The first generation (2023)");
        await FirstGenerationAsync(client);
        client.Chapter("Today's");
        await TodaysAsync(client);

        string file = Path.Combine(TestPaths.Repository, "docs", "old-clients.md");
        string written = await File.ReadAllTextAsync(file);
        string head = written[..(written.IndexOf("\n## ", StringComparison.Ordinal) is var at and >= 0 ? at + 1 : written.Length)];
        string now = head + client.Record.TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(Rewrite) is "1") await File.WriteAllTextAsync(file, now);
        else Assert.Equal(written, now);
    }

    [Fact]
    public async Task Script_InPython_WorksUnchanged()
    {
        string python = Python.With("requests");
        ProcessStartInfo start = new(python, [Path.Combine(TestPaths.Repository, "tests", "Integration.Tests", "old_client.py"), _service.Http.BaseAddress!.ToString().TrimEnd('/'), Path.Combine(TestPaths.Repository, "examples", "track.json")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process script = Process.Start(start)!;
        Task<string> output = script.StandardOutput.ReadToEndAsync(), errors = script.StandardError.ReadToEndAsync();
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(3));
        await script.WaitForExitAsync(deadline.Token);
        Assert.True(script.ExitCode == 0, await errors);
        Assert.Equal("started, found, reported, read, replaced, deleted, refused", (await output).Trim());
    }

    private static async Task FirstGenerationAsync(OldClient client)
    {
        await client.CallAsync("Is the service there?", "GET", "/");
        JsonObject launch = JsonNode.Parse("""
            {"docker_tag": "v3.1.4", "cluster": [["local", 2]], "reco_algo": "millipede_wilks", "event_i3live_json": null, "nsides": {"8": 12, "64": 12}, "real_or_simulated_event": "simulated",
             "memory": "8GB", "predictive_scanning_threshold": 1.0, "max_reco_time": 60, "debug_mode": false}
            """)!.AsObject();
        launch["event_i3live_json"] = Track;
        string id = (await client.CallAsync("Request a scan; the event is given as text.", "POST", "/scan", launch.ToJsonString()))["scan_id"]!.GetValue<string>();
        await client.CallAsync("The same again, as after an answer that was lost: no second scan.", "POST", "/scan", launch.ToJsonString());
        await client.CallAsync("The manifest.", "GET", $"/scan/manifest/{id}", """{"include_deleted": false}""");
        await client.CallAsync("Find it by its event.", "GET", "/scans", """{"run_id": 1, "event_id": 1, "is_real_event": false}""");
        await client.CallAsync("The same from a hand-written client: arguments of a GET in a body.", "GET", "/scans", """{"run_id": 1, "event_id": 1, "is_real_event": false}""", asBody: true);
        await client.CallAsync("There is no result yet.", "GET", $"/scan/result/{id}", expected: 404);

        await client.UntilAsync($"/scan/{id}/status", s => s["phase"]!.GetValue<string>() == "launching");
        string first = Progress.Replace("RATE", "", StringComparison.Ordinal);
        await client.CallAsync("The scanner reports for the first time.", "PATCH", $"/scan/manifest/{id}", "{" + first + ", \"event_metadata\": " + EventMetadata
            + """, "scan_metadata": {"scan_id": "x", "nside_progression": {"8": 0, "64": 12}, "position_variations": 7}}""");
        await client.CallAsync("The client manager reports its workers.", "PATCH", $"/scan/manifest/{id}", """{"condor_cluster": {"collector": "cm.example.org", "schedd": "sub-2.example.org", "cluster_id": 90211, "jobs": 2}}""");
        await client.CallAsync("What was said once cannot be changed.", "PATCH", $"/scan/manifest/{id}", "{\"event_metadata\": " + EventMetadata.Replace("\"event_id\": 1", "\"event_id\": 2", StringComparison.Ordinal) + "}", expected: 400);
        await client.CallAsync("A partial result.", "PUT", $"/scan/result/{id}", $$"""{"skyscan_result": {{Table}}, "is_final": false}""");
        await client.CallAsync("It can be read.", "GET", $"/scan/result/{id}", """{"include_deleted": false}""");
        await client.CallAsync("The final result.", "PUT", $"/scan/result/{id}", $$"""{"skyscan_result": {{Table}}, "is_final": true}""");
        await client.CallAsync("It is read; the workers need not linger now.", "GET", $"/scan/result/{id}");
        await client.UntilAsync($"/scan/manifest/{id}", m => m["complete"]!.GetValue<bool>());
        await client.CallAsync("Delete the result.", "DELETE", $"/scan/result/{id}");
        await client.CallAsync("It is hidden now,", "GET", $"/scan/result/{id}", expected: 404);
        await client.CallAsync("not gone.", "GET", $"/scan/result/{id}", """{"include_deleted": true}""");
        await client.CallAsync("Delete the scan.", "DELETE", $"/scan/manifest/{id}");
        await client.CallAsync("Again: no harm is done.", "DELETE", $"/scan/manifest/{id}");
        await client.CallAsync("It is hidden, too.", "GET", $"/scan/manifest/{id}", """{"include_deleted": false}""", expected: 404);
        await client.CallAsync("Every fault is said at once.", "POST", "/scan", """{"docker_tag": "", "cluster": {"nowhere": 1}, "reco_algo": true}""", expected: 400);
    }

    private static async Task TodaysAsync(OldClient client)
    {
        JsonObject launch = JsonNode.Parse("""
            {"docker_tag": "latest", "request_clusters": {"local": 2}, "reco_algo": "millipede_wilks", "event_i3live_json": null, "nsides": {"8": 0, "64": 12}, "real_or_simulated_event": "simulated_event",
             "max_pixel_reco_time": 60, "worker_memory_bytes": "8GB", "worker_disk_bytes": "1GB", "classifiers": {"campaign": "spring-test"}, "priority": 100, "manifest_projection": ["scan_id", "priority", "classifiers", "i3_event_id"]}
            """)!.AsObject();
        launch["event_i3live_json"] = JsonNode.Parse(Track);
        string id = (await client.CallAsync("Request a scan.", "POST", "/scan", launch.ToJsonString()))["scan_id"]!.GetValue<string>();
        await client.CallAsync("Its request, with the defaults filled in.", "GET", $"/scan-request/{id}");
        await client.UntilAsync($"/scan/{id}/status", s => s["phase"]!.GetValue<string>() == "launching");
        await client.CallAsync("It waits for a scanner.", "GET", $"/scan/{id}/status", """{"no_redirect": false}""");
        await client.CallAsync("The scanner gets its event.", "GET", $"/scan/{id}/i3-event");
        await client.CallAsync("It looks whether workers are there.", "GET", $"/scan/{id}/ewms/workforce");
        await client.CallAsync("It reports.", "PATCH", $"/scan/{id}/manifest", "{" + Progress.Replace("RATE", ", \"rate\": {\"average reco (per worker)\": \"0:00:42\"}", StringComparison.Ordinal) + ", \"event_metadata\": " + EventMetadata + "}");
        await client.UntilAsync($"/scan/{id}/status", s => s["phase"]!.GetValue<string>() == "scanning");
        await client.CallAsync("It looks whether it is to end.", "GET", $"/scan/{id}/status");
        await client.CallAsync("A partial result.", "PUT", $"/scan/{id}/result", $$"""{"skyscan_result": {{Table}}, "is_final": false}""");
        await client.CallAsync("Manifest and result together.", "GET", $"/scan/{id}");
        await client.CallAsync("Some members only.", "GET", $"/scan/{id}/manifest", """{"projection": "scan_id|event_metadata|progress"}""");
        await client.CallAsync("More workers are not ours to start here.", "POST", $"/scan/{id}/actions/add-workers", """{"n_workers": 5, "cluster_location": "local"}""", expected: 422);
        string replacement = (await client.CallAsync("Scan it again, and let the new scan take the old one's place.", "POST", $"/scan/{id}/actions/rescan", """{"abort_first": true, "replace_scan": true, "manifest_projection": ["scan_id", "classifiers"]}"""))["scan_id"]!.GetValue<string>();
        await client.CallAsync("Whoever asks for the old one is sent to the new one,", "GET", $"/scan/{id}/manifest", """{"projection": "scan_id|is_deleted"}""");
        await client.CallAsync("unless it is meant.", "GET", $"/scan/{id}/manifest", """{"projection": "scan_id|is_deleted|replaced_by_scan_id", "no_redirect": true, "include_deleted": true}""");
        await client.CallAsync("The old scanner learns that it is over.", "GET", $"/scan/{id}/status", """{"no_redirect": true}""");
        await client.CallAsync("Find scans.", "POST", "/scans/find", """{"filter": {"classifiers.campaign": "spring-test", "is_deleted": false}, "manifest_projection": ["scan_id", "classifiers"]}""");
        await client.CallAsync("A condition that is not known.", "POST", "/scans/find", """{"filter": {"$where": "1"}}""", expected: 400);
        await client.UntilAsync("/scans/backlog", b => b["entries"]!.AsArray().Count == 0);
        await client.CallAsync("Nothing waits.", "GET", "/scans/backlog");
        await client.CallAsync("What happened, in words.", "GET", $"/scan/{replacement}/logs");
        await client.CallAsync("The final result.", "PUT", $"/scan/{replacement}/result", $$"""{"skyscan_result": {{Table}}, "is_final": true}""");
        await client.CallAsync("A completed scan is not deleted by accident,", "DELETE", $"/scan/{replacement}", expected: 400);
        await client.CallAsync("only when it is meant; asked by the old id, the DELETE stays one on its way.", "DELETE", $"/scan/{id}", """{"delete_completed_scan": true, "manifest_projection": "scan_id|is_deleted"}""");
        await client.CallAsync("There is no such scan.", "GET", "/scan/0123456789abcdef0123456789abcdef/manifest", expected: 404);
    }
}
