using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

public sealed class ManifestTests : ApiHarness
{
    [Fact]
    public async Task Get_InEachGeneration_DiffersInTheEventOnly()
    {
        string id = await LaunchedAsync();
        JsonElement v1 = await OkAsync(HttpMethod.Get, $"/scan/manifest/{id}"), v2 = await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest");
        Assert.Equal(JsonValueKind.Object, v1.GetProperty("event_i3live_json_dict").ValueKind);
        Assert.Equal("use 'i3_event_id'", v2.GetProperty("event_i3live_json_dict").GetString());
        string[] names = [.. v2.EnumerateObject().Select(p => p.Name)];
        Assert.Equal(names, v1.EnumerateObject().Select(p => p.Name));
        string[] documented =
        [
            "scan_id", "timestamp", "last_updated", "is_deleted", "event_i3live_json_dict", "event_i3live_json_dict__hash", "i3_event_id", "scanner_server_args", "tms_args", "env_vars",
            "condor_clusters", "complete", "ewms_task", "ewms_workflow_id", "ewms_address", "priority", "classifiers", "event_metadata", "scan_metadata", "progress", "replaced_by_scan_id",
        ];
        Assert.Empty(documented.Except(names));
        JsonElement i3 = (await OkAsync(HttpMethod.Get, $"/scan/{id}/i3-event")).GetProperty("i3_event");
        Assert.True(JsonElement.DeepEquals(v1.GetProperty("event_i3live_json_dict"), i3));
    }

    [Fact]
    public async Task Abort_Again_ChangesNothingMore()
    {
        string id = await LaunchedAsync();
        JsonElement first = await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}", "{}");
        Assert.True(first.GetProperty("is_deleted").GetBoolean());
        Assert.Equal($"/lifecycles/{id}/events/abort", Orchestrator.Raised.First());
        JsonElement second = await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        Assert.True(JsonElement.DeepEquals(first, second));
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/manifest/{id}");
        Assert.Contains("unknown argument", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Delete, $"/scan/manifest/{id}", """{"force": true}"""));
    }

    [Fact]
    public async Task Abort_LaunchBrokeOff_CompletesTheScanAndARepeatDoesNotStartIt()
    {
        Orchestrator.IsAway = true;
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/scan", GoodLaunch().ToJsonString());
        Orchestrator.IsAway = false;
        string id = Dapr.Keys.Single(k => k.StartsWith("manifest/", StringComparison.Ordinal))["manifest/".Length..];
        JsonElement aborted = await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        Assert.Equal((true, "stopped"), (aborted.GetProperty("complete").GetBoolean(), aborted.GetProperty("lifecycle").GetProperty("phase").GetString()));
        Assert.Equal(id, await LaunchedAsync());
        Assert.Empty(Orchestrator.Started);
    }

    [Fact]
    public async Task Abort_OrchestratorAway_AsksToTryAgain()
    {
        string id = await LaunchedAsync();
        Orchestrator.IsAway = true;
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Delete, $"/scan/manifest/{id}");
        Orchestrator.IsAway = false;
        await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        Assert.Single(Orchestrator.Raised);
    }

    [Fact]
    public async Task Patch_Progress_ReplacesItAndFillsInWhatOldScannersLeaveOut()
    {
        string id = await LaunchedAsync();
        JsonElement progress = (await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", new JsonObject { ["progress"] = Progress("first") }.ToJsonString())).GetProperty("progress");
        JsonElement stats = progress.GetProperty("processing_stats");
        Assert.Equal(("{}", "", false, "{}"), (stats.GetProperty("rate").GetRawText(), stats.GetProperty("end").GetString(), stats.GetProperty("finished").GetBoolean(), stats.GetProperty("predictions").GetRawText()));
        Assert.Equal(JsonValueKind.Null, progress.GetProperty("end").ValueKind);
        progress = (await OkAsync(HttpMethod.Patch, $"/scan/{id}/manifest", new JsonObject { ["progress"] = Progress("second") }.ToJsonString())).GetProperty("progress");
        Assert.Equal("second", progress.GetProperty("summary").GetString());
    }

    [Fact]
    public async Task Patch_ProgressLacksMembers_NamesThemAll()
    {
        string id = await LaunchedAsync();
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, $"/scan/manifest/{id}", """{"progress": {"summary": "", "processing_stats": {"start": {}}}}""");
        foreach (string name in new[] { "epilogue", "tallies", "predictive_scanning_threshold", "last_updated", "processing_stats.runtime" }) Assert.Contains($"'{name}'", reason);
        Assert.DoesNotContain("'summary'", reason);
    }

    [Fact]
    public async Task Patch_MembersWrittenOnce_TakeARepeatAndRefuseAChange()
    {
        string id = await LaunchedAsync();
        string metadata = $$$"""{"scan_metadata": {"scan_id": "{{{id}}}", "nside_progression": {"8": 0}, "position_variations": 7}}""";
        Assert.Equal(7, (await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", metadata)).GetProperty("scan_metadata").GetProperty("position_variations").GetInt32());
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", metadata);
        Assert.Equal("Cannot change an existing scan_metadata", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, $"/scan/manifest/{id}", metadata.Replace("7}", "1}")));
        Assert.Equal(7, Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!.ScanMetadata!.PositionVariations);
    }

    [Fact]
    public async Task Patch_EventMetadata_CorrectsWhatWasReadFromTheEventOnceAndTheIndexFollows()
    {
        string id = await LaunchedAsync();
        const string Metadata = """{"event_metadata": {"run_id": 9, "event_id": 9, "event_type": "", "mjd": 1.5, "is_real_event": false}}""";
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", Metadata);
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", Metadata);
        Assert.Equal(
            "Cannot change an existing event_metadata",
            await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, $"/scan/manifest/{id}", Metadata.Replace("1.5", "2.5")));
        Assert.Empty((await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=f")).GetProperty("scan_ids").EnumerateArray());
        Assert.Equal(id, (await OkAsync(HttpMethod.Get, "/scans?run_id=9&event_id=9&is_real_event=f")).GetProperty("scan_ids")[0].GetString());
    }

    [Fact]
    public async Task Patch_OlderProgress_IsIgnoredAndOneWithoutComparableTimeIsTaken()
    {
        string id = await LaunchedAsync();
        JsonObject newer = Progress("newer"), older = Progress("older"), strange = Progress("strange");
        newer["last_updated"] = "2026-01-02 00:00:00";
        strange["last_updated"] = "yesterday";
        Assert.Equal("newer", await SummaryAfterAsync(newer));
        Assert.Equal("newer", await SummaryAfterAsync(older));
        Assert.Equal("strange", await SummaryAfterAsync(strange));

        async Task<string?> SummaryAfterAsync(JsonObject progress) =>
            (await OkAsync(HttpMethod.Patch, $"/scan/{id}/manifest", new JsonObject { ["progress"] = progress }.ToJsonString())).GetProperty("progress").GetProperty("summary").GetString();
    }

    [Theory]
    [InlineData("""{"event_metadata": {"run_id": 1}}""", "'event_metadata': has a member that is missing")]
    [InlineData("""{"scan_metadata": []}""", "'scan_metadata': must be type 'object'")]
    [InlineData("""{"condor_cluster": {"schedd": "a"}}""", "'condor_cluster': has a member that is missing")]
    [InlineData("""{"complete": true}""", "unknown argument")]
    public async Task Patch_BadMember_IsRefused(string body, string expected)
    {
        string id = await LaunchedAsync();
        Assert.Contains(expected, await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, $"/scan/manifest/{id}", body));
    }

    [Fact]
    public async Task Patch_NothingNew_WritesNothing()
    {
        string id = await LaunchedAsync();
        Dapr.OnSave = key => Assert.Fail($"{key} was written");
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", "{}");
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}");
    }

    [Fact]
    public async Task Patch_Taskforces_AreAddedAndARetryReplacesItsOwn()
    {
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", """{"condor_cluster": {"collector": "c", "schedd": "s", "cluster_id": 1, "jobs": 5}}""");
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", """{"condor_cluster": {"collector": "c", "schedd": "s", "cluster_id": 2, "jobs": 5}}""");
        JsonElement clusters = (await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", """{"condor_cluster": {"collector": "c", "schedd": "s", "cluster_id": 1, "jobs": 6}}""")).GetProperty("condor_clusters");
        Assert.Equal([(2, 5), (1, 6)], clusters.EnumerateArray().Select(c => (c.GetProperty("cluster_id").GetInt32(), c.GetProperty("jobs").GetInt32())));
    }

    [Fact]
    public async Task Patch_DeletedScan_IsTaken()
    {
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", new JsonObject { ["progress"] = Progress("late") }.ToJsonString());
    }

    private static JsonObject Progress(string summary) => new()
    {
        ["summary"] = summary,
        ["epilogue"] = "",
        ["tallies"] = new JsonObject(),
        ["processing_stats"] = new JsonObject { ["start"] = new JsonObject(), ["runtime"] = new JsonObject() },
        ["predictive_scanning_threshold"] = 1.0,
        ["last_updated"] = "2026-01-01 00:00:00",
    };
}
