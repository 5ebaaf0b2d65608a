using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SkyDriver.Contracts;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Integration.Tests;

/// <summary>The commands that look after a service's scans.</summary>
public sealed class ServiceCommandTests : ServiceDoubleTests
{
    [Fact]
    public async Task List_TableForPeopleAndOneDocumentALine()
    {
        ScanManifest scan = Manifest("s1") with { Priority = 7, EventMetadata = new(140001, 77123, "", 61003.5, true), Timestamp = 1_795_233_600 };
        Service.On("POST", "/scans/find", Json($$"""{"manifests": [{{Text(scan)}}, {{Text(Manifest("s2"))}}]}"""));
        (int exitCode, string table, string errors) = await RunAsync("scan", "list", "--run", "140001", "--limit", "2");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("""
            scan  requested (UTC)      run     event  priority  done  state
            s1    2026-11-21 04:00:00  140001  77123  7         -     PENDING__PRESTARTUP
            s2    1970-01-01 00:00:00  -       -      0         -     PENDING__PRESTARTUP

            """, table);
        using JsonDocument asked = JsonDocument.Parse(Service.Asked[0].Body);
        Assert.Equal(140001, asked.RootElement.GetProperty("filter").GetProperty("event_metadata.run_id").GetInt64());
        Assert.Equal("-timestamp", asked.RootElement.GetProperty("sort").GetString());

        (_, string lines, _) = await RunAsync("scan", "list", "--jsonl");
        Assert.Equal("""
            {"scan_id":"s1","timestamp":1795233600,"priority":7,"scan_state":"PENDING__PRESTARTUP","failure":null,"event_metadata":{"run_id":140001,"event_id":77123,"event_type":"","mjd":61003.5,"is_real_event":true,"version":1},"classifiers":{}}
            {"scan_id":"s2","timestamp":0,"priority":0,"scan_state":"PENDING__PRESTARTUP","failure":null,"event_metadata":null,"classifiers":{}}

            """, lines);
        (_, string array, _) = await RunAsync("scan", "list", "--json");
        Assert.Equal(2, JsonDocument.Parse(array).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Show_FailedScan_SaysWhy()
    {
        Service.On("GET", "/scan/s1/status", Json("""{"scan_state": "FAILED__PRESTARTUP", "is_deleted": false, "ewms_deactivated": null, "scan_complete": false, "failure": "no quota at sub-2"}"""))
            .On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1"))));
        (int exitCode, string output, string errors) = await RunAsync("scan", "show", "s1");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("""
            scan             s1
            state            FAILED__PRESTARTUP
            requested        1970-01-01 00:00:00 UTC, priority 0
            event            not known yet
            reconstructions  0 of 0
            workers          0 running
            failure          no quota at sub-2

            """, output);
    }

    [Fact]
    public async Task ShowAndResult_NoFitSucceeded_SayWhy()
    {
        const string Reason = "failed 9 times on 2 workers; the last one said: there is no table.";
        ScanManifest done = Manifest("s1") with
        {
            Lifecycle = new() { Phase = ScanPhase.Done, HasFinalResult = true, SetAside = 12 },
            Progress = JsonSerializer.SerializeToElement(new { set_aside = new { count = 12, reasons = new[] { new { nside = 1, ipix = 7, posvar = 0, reason = Reason } } } }),
        };
        string rows = string.Join(',', Enumerable.Range(0, 12).Select(pixel => $"""[{pixel}, {string.Join(", ", Enumerable.Repeat("\"<skyreader.nan>\"", 7))}]"""));
        string nside = $$"""{"columns": ["index", "llh", "E_in", "E_tot", "X", "Y", "Z", "T"], "metadata": {"nside": 1, "run_id": 1, "event_id": 1, "event_type": "", "mjd": 60000, "complete": true, "is_real_event": false, "version": 1}, "data": [{{rows}}]}""";
        Service.On("GET", "/scan/s1/status", Json("""{"scan_state": "SCAN_HAS_FINAL_RESULT", "is_deleted": false, "ewms_deactivated": null, "scan_complete": true, "failure": null}"""))
            .On("GET", "/scan/s1/manifest", Json(Text(done)))
            .On("GET", "/scan-request/s1", Json("""{"scan_id": "s1", "docker_tag": "latest", "reco_algo": "external", "nsides": {"1": 0}, "real_or_simulated_event": "simulated", "request_clusters": [], "i3_event_id": "e"}"""))
            .On("GET", "/scan/s1/result", Json("""{"scan_id": "s1", "is_final": true, "skyscan_result": {"nside-1": """ + nside + "}}"));
        Assert.Contains($"12 variations; nside 1, pixel 7: {Reason}", (await RunAsync("scan", "show", "s1")).Output);
        (int exitCode, _, string errors) = await RunAsync("scan", "result", "s1", "--out", Folder["none"]);
        Assert.Equal(7, exitCode);
        Assert.Contains($"No fit of scan s1 succeeded, so there is no map. Set aside: 12 variations; nside 1, pixel 7: {Reason}", errors);
    }

    [Fact]
    public async Task Actions_AskTheService()
    {
        Service.On("DELETE", "/scan/manifest/*", Json(Text(Manifest("s1")))).On("POST", "/scan/s1/actions/rescan", Json(Text(Manifest("s2"))))
            .On("POST", "/scan/s1/actions/add-workers", Json("""{"taskforce_uuid": "u", "n_workers": 3}"""))
            .On("GET", "/scan/s1/logs", Json("""{"scanner_server": {"url": "https://logs.example.org/s1", "text": "first line"}, "workers": [{"id": "w-1", "stdout": "did it\n", "stderr": "", "is_truncated": true}]}"""));
        Assert.Equal(0, (await RunAsync("scan", "abort", "s1", "s9")).ExitCode);
        Assert.Equal("s2\n", (await RunAsync("scan", "rescan", "s1", "--abort-first")).Output);
        Assert.Equal(0, (await RunAsync("scan", "add-workers", "s1", "3", "--cluster", "sub-2")).ExitCode);
        Assert.Equal("first line\n--- worker w-1, the end of what it said\ndid it\nThe scanner's own log: https://logs.example.org/s1\n", (await RunAsync("scan", "logs", "s1")).Output);
        Assert.Equal(["/scan/manifest/s1", "/scan/manifest/s9"], Service.Asked.Take(2).Select(a => a.Path));
        Assert.Equal("""{"abort_first":true,"replace_scan":false}""", Service.Asked[2].Body);
        Assert.Equal("""{"n_workers":3,"cluster_location":"sub-2"}""", Service.Asked[3].Body);
    }

    [Fact]
    public async Task Watch_ConnectionLostInBetween_GoesOnAndEndsWithTheScan()
    {
        ScanManifest done = Manifest("s1") with { Complete = true, Lifecycle = new() { Phase = ScanPhase.Done, HasFinalResult = true } };
        Service.On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1"))), Break, Json(Text(done)));
        (int exitCode, string output, string errors) = await RunAsync("scan", "watch", "s1");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("s1 SCAN_HAS_FINAL_RESULT\n", output);
        Assert.Contains("connection lost, trying again", errors);
    }

    [Theory]
    [InlineData(false, 7, "FAILED__PRESTARTUP", "no quota")]
    [InlineData(true, 8, "ABORTED__PRESTARTUP", "was aborted")]
    public async Task Watch_ScanEndsWithoutResult_CodeSaysHowAndTextWhyAndWhatNext(bool isAborted, int expected, string state, string why)
    {
        LifecycleV1 end = isAborted ? new() { Phase = ScanPhase.Stopped, EwmsDeactivated = "ABORTED" } : new() { Phase = ScanPhase.Failed, Failure = "no quota" };
        Service.On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1") with { Complete = true, IsDeleted = isAborted, Lifecycle = end })));
        (int exitCode, string output, string errors) = await RunAsync("scan", "watch", "s1", "--jsonl");
        Assert.Equal(expected, exitCode);
        Assert.Contains(why, errors);
        Assert.Contains("'skydriver scan rescan s1'", errors);
        Assert.Equal(state, JsonDocument.Parse(output).RootElement.GetProperty("scan_state").GetString());
    }

    [Fact]
    public async Task Watch_Interrupted_EndsTheWatchOnly()
    {
        Service.On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1"))));
        using SkyDriverProcess watch = Start("scan", "watch", "s1");
        await watch.LineWithAsync("waiting for the first pixel (requested)");
        watch.InterruptNow();
        Assert.Equal(130, await watch.ExitAsync());
        Assert.Contains("The scan goes on; see it again with 'skydriver scan watch s1'", watch.Errors);
        Assert.All(Service.Asked, asked => Assert.Equal("GET", asked.Method));
    }

    [Fact]
    public async Task Watch_EventsComeIn_EachPhaseIsOneLine()
    {
        ScanManifest done = Manifest("s1") with { Complete = true, Lifecycle = new() { Phase = ScanPhase.Done, HasFinalResult = true } };
        TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool hasEnded = false;
        Service.On("GET", "/scan/s1/manifest", (context, call) => Json(Text(Volatile.Read(ref hasEnded) ? done : Manifest("s1")))(context, call))
            .On("GET", "/scan/s1/events", async (context, _) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(Event(1, "phase", "launching"));
                await context.Response.Body.FlushAsync();
                await heard.Task.WaitAsync(context.RequestAborted);
                context.Abort();
            }, async (context, call) =>
            {
                Assert.Equal("1", call.Header("Last-Event-ID"));
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(Event(1, "phase", "launching") + Event(2, "phase", "scanning"));
                await context.Response.Body.FlushAsync();
                await NeverAnswer(context, call);
            });
        using SkyDriverProcess watch = Start("scan", "watch", "s1");
        await watch.LineWithAsync("launching");
        heard.SetResult();
        await watch.LineWithAsync("2026-11-21 04:00:02 scanning");
        Volatile.Write(ref hasEnded, true);
        Assert.Equal(0, await watch.ExitAsync());
        Assert.Equal(["2026-11-21 04:00:01 launching", "2026-11-21 04:00:02 scanning"], watch.Errors.Split('\n').Where(l => l.StartsWith("2026", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Events_ReaderGoesAway_CommandEnds()
    {
        Service.On("GET", "/events", async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            for (int id = 1; !context.RequestAborted.IsCancellationRequested; id++)
            {
                await context.Response.WriteAsync(Event(id, "phase", "scanning"));
                await context.Response.Body.FlushAsync();
            }
        });
        (int exitCode, string output, string errors) = await RunInBashAsync($"skydriver scan events --server {Service.Address} --jsonl | head -n 2; echo ${{PIPESTATUS[0]}}");
        Assert.True(exitCode == 0, errors);
        Assert.Equal(["1", "2"], output.Split('\n').Take(2).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetRawText()));
        Assert.EndsWith("\n141\n", output);
        Assert.Equal("", errors);
    }

    [Fact]
    public async Task Abort_OneIsUnknown_TheOthersAreAbortedAllTheSame()
    {
        Service.On("DELETE", "/scan/manifest/s1", Error(404, "unknown scan")).On("DELETE", "/scan/manifest/s2", Json(Text(Manifest("s2"))));
        (int exitCode, string output, string errors) = await RunAsync("scan", "abort", "s1", "s2");
        Assert.Equal((4, "s2 aborted\n"), (exitCode, output));
        Assert.Contains("s1: unknown scan", errors);
    }

    [Fact]
    public async Task Events_OfAScan_OneALineUntilItEnds()
    {
        Service.On("GET", "/scan/s1/events", async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach ((int id, string kind) in new[] { (4, "phase"), (5, "ended") }) await context.Response.WriteAsync($"id: {id}\nevent: {kind}\ndata: {{\"scan_id\": \"s1\", \"kind\": \"{kind}\", \"phase\": \"done\"}}\n\n");
        });
        (int exitCode, string output, string errors) = await RunAsync("scan", "events", "s1", "--after", "3", "--jsonl");
        Assert.True(exitCode == 0, errors);
        Assert.Equal([4, 5], output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetInt32()));
        Assert.Equal("3", Service.Asked[0].Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Result_AsDocument_IsWhatTheServiceSent()
    {
        const string Document = """{"scan_id": "s1", "skyscan_result": {"nside-8": {"data": [[0, "nan"]]}}, "is_final": true}""";
        Service.On("GET", "/scan/s1/result", Json(Document)).On("GET", "/scan/s2/result", Json("{}"));
        Assert.Equal((0, Document + "\n"), (await RunAsync("scan", "result", "s1", "--json")) is var (code, output, _) ? (code, output) : default);
        (int exitCode, _, string errors) = await RunAsync("scan", "result", "s2", "--out", Folder["none"]);
        Assert.Equal(4, exitCode);
        Assert.Contains("no result yet", errors);
    }

    [Fact]
    public async Task RunDetached_PrintsTheScanIdOnly()
    {
        Service.On("POST", "/scan", Json(Text(Manifest("s1"))));
        (int exitCode, string output, string errors) = await RunAsync("scan", "run", Path.Combine(TestPaths.Repository, "examples", "track.json"), "--server", Service.Address.ToString(), "--detach", "--priority", "100", "--cluster", "sub-2");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("s1\n", output);
        using JsonDocument body = JsonDocument.Parse(Service.Asked.Single().Body);
        Assert.Equal(100, body.RootElement.GetProperty("priority").GetInt32());
        Assert.Equal("sub-2", body.RootElement.GetProperty("request_clusters")[0][0].GetString());
    }

    private static string Event(int id, string kind, string phase) => $"id: {id}\nevent: {kind}\ndata: {{\"scan_id\": \"s1\", \"kind\": \"{kind}\", \"phase\": \"{phase}\", \"timestamp\": {1_795_233_600 + id}}}\n\n";

    private static ScanManifest Manifest(string id) => new() { ScanId = id };

    private static string Text(ScanManifest manifest) => JsonSerializer.Serialize(manifest, ContractJson.Options);
}
