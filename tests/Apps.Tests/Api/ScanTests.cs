using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>Today's routes: a scan as a whole, its repetitions, its workers.</summary>
public sealed class ScanTests() : ApiHarness("SKYDRIVER_CLUSTERS=local,far", "SKYDRIVER_API=http://here.invalid", "SKYDRIVER_LOGS_ADDRESS=https://logs.invalid/{scan_id}")
{
    [Fact]
    public async Task Get_ScanWithAndWithoutResult_ShowsBothTogether()
    {
        string id = await LaunchedAsync();
        JsonElement scan = await OkAsync(HttpMethod.Get, $"/scan/{id}");
        Assert.Equal((id, "{}"), (scan.GetProperty("manifest").GetProperty("scan_id").GetString(), scan.GetProperty("result").GetRawText()));
        await PutFinalAsync(id);
        JsonElement result = (await OkAsync(HttpMethod.Get, $"/scan/{id}")).GetProperty("result");
        Assert.Equal(["scan_id", "is_final", "skyscan_result"], result.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Result_TodaysRoute_IsAnEmptyObjectUntilThereIsOne()
    {
        string id = await LaunchedAsync();
        Assert.Equal("{}", (await OkAsync(HttpMethod.Get, $"/scan/{id}/result")).GetRawText());
        await OkAsync(HttpMethod.Delete, $"/scan/{id}");
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/{id}/result");
        Assert.Equal("{}", (await OkAsync(HttpMethod.Get, $"/scan/{id}/result?include_deleted=True")).GetRawText());
    }

    [Fact]
    public async Task Delete_RunningScan_AbortsItAndARepeatIsFine()
    {
        string id = await LaunchedAsync();
        JsonElement answer = await OkAsync(HttpMethod.Delete, $"/scan/{id}", """{"manifest_projection": ["scan_id", "is_deleted", "no such member"]}""");
        Assert.Equal($$$"""{"manifest":{"scan_id":"{{{id}}}","is_deleted":true},"result":{}}""", answer.GetRawText());
        Assert.Contains($"/lifecycles/{id}/events/abort", Orchestrator.Raised);
        await OkAsync(HttpMethod.Delete, $"/scan/{id}");
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/{id}");
        JsonElement status = await OkAsync(HttpMethod.Get, $"/scan/{id}/status");
        Assert.Equal(("ABORTED__PRESTARTUP", true, "ABORTED"), (status.GetProperty("scan_state").GetString(), status.GetProperty("is_deleted").GetBoolean(), status.GetProperty("ewms_deactivated").GetString()));
    }

    [Fact]
    public async Task Delete_CompletedScan_NeedsToBeMeant()
    {
        string id = await LaunchedAsync();
        await PutFinalAsync(id);
        Assert.Equal(
            "Attempted to delete a completed scan (must use `delete_completed_scan=True`)",
            await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Delete, $"/scan/{id}"));
        JsonElement deleted = await OkAsync(HttpMethod.Delete, $"/scan/{id}?delete_completed_scan=True");
        Assert.True(deleted.GetProperty("result").GetProperty("is_final").GetBoolean());
        await OkAsync(HttpMethod.Delete, $"/scan/{id}");
        Assert.Equal("SCAN_HAS_FINAL_RESULT", (await OkAsync(HttpMethod.Get, $"/scan/{id}/status")).GetProperty("scan_state").GetString());
    }

    [Fact]
    public async Task Projection_TextListAndStar_SelectMembers()
    {
        string id = await LaunchedAsync();
        Assert.Equal($$"""{"scan_id":"{{id}}","progress":null}""", (await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest?projection=scan_id%7Cprogress%7Cnonsense")).GetRawText());
        Assert.Equal($$"""{"scan_id":"{{id}}","progress":null}""", (await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest?projection=scan_id&projection=progress")).GetRawText());
        Assert.True((await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest?projection=*")).EnumerateObject().Count() > 20);
        Assert.Contains("'projection'", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Get, $"/scan/{id}/manifest", """{"projection": {"scan_id": 1}}"""));
    }

    [Fact]
    public async Task Status_Fresh_HasEveryMember()
    {
        string id = await LaunchedAsync();
        JsonElement status = await OkAsync(HttpMethod.Get, $"/scan/{id}/status?include_pod_statuses=True");
        Assert.Equal("PENDING__PRESTARTUP", status.GetProperty("scan_state").GetString());
        Assert.Equal((false, false, JsonValueKind.Null), (status.GetProperty("is_deleted").GetBoolean(), status.GetProperty("scan_complete").GetBoolean(), status.GetProperty("ewms_deactivated").ValueKind));
        Assert.Equal($"https://logs.invalid/{id}", status.GetProperty("scanner_server_logs").GetProperty("url").GetString());
        JsonElement workforce = await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/workforce");
        Assert.Equal("""{"workflow_id":null,"statuses":{},"n_running":0,"top_errors":{}}""", workforce.GetRawText());
        Assert.True(JsonElement.DeepEquals(workforce, status.GetProperty("ewms_workforce")));
    }

    [Fact]
    public async Task Workforce_Counted_IsShownAsCounted()
    {
        string id = await LaunchedAsync();
        WorkforceV1 counted = new(id, new Dictionary<string, IReadOnlyDictionary<string, int>> { ["RUNNING"] = new Dictionary<string, int> { ["Tasking"] = 3, ["FatalError"] = 1 } }, 3, new Dictionary<string, int> { ["boom"] = 1 });
        await Dapr.SaveStateAsync(Components.StateStore, StateKeys.Workforce(id), counted);
        JsonElement shown = await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/workforce");
        Assert.Equal((3, 1, 1), (shown.GetProperty("n_running").GetInt32(), shown.GetProperty("statuses").GetProperty("RUNNING").GetProperty("FatalError").GetInt32(), shown.GetProperty("top_errors").GetProperty("boom").GetInt32()));
    }

    [Fact]
    public async Task Taskforces_AndLogs_TellWhatWasReported()
    {
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", """{"condor_cluster": {"collector": "c", "schedd": "s", "cluster_id": 7, "jobs": 5}}""");
        JsonElement taskforce = (await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/taskforces")).GetProperty("taskforces")[0];
        Assert.Equal((5, 7, "s", "condor-submit"), (taskforce.GetProperty("n_workers").GetInt32(), taskforce.GetProperty("cluster_id").GetInt32(), taskforce.GetProperty("schedd").GetString(), taskforce.GetProperty("phase").GetString()));
        await OkAsync(HttpMethod.Post, "/messages/scan-events", $$$"""{"id": "m1", "data": {"scan_id": "{{{id}}}", "kind": "phase", "phase": "launching", "timestamp": 1.5}}""");
        JsonElement server = (await OkAsync(HttpMethod.Get, $"/scan/{id}/logs")).GetProperty("scanner_server");
        Assert.Equal($"https://logs.invalid/{id}", server.GetProperty("url").GetString());
        Assert.Contains("1970-01-01 00:00:01.500 phase: launching", server.GetProperty("text").GetString());
        Assert.Empty((await OkAsync(HttpMethod.Get, $"/scan/{id}/logs")).GetProperty("workers").EnumerateArray());
        await Dapr.SaveStateAsync(Components.StateStore, StateKeys.WorkerLogs(id), new WorkerLogsV1([new("w1", "pixels come", "one failed", IsTruncated: true)]));
        Assert.Equal(
            """[{"id":"w1","stdout":"pixels come","stderr":"one failed","is_truncated":true}]""",
            (await OkAsync(HttpMethod.Get, $"/scan/{id}/logs")).GetProperty("workers").GetRawText());
    }

    [Fact]
    public async Task WorkflowId_BeforeSubmission_IsSaidToBeMissingAndCanBeSetOnce()
    {
        string id = await LaunchedAsync();
        Assert.Equal(
            """{"workflow_id":"not-yet-requested","requested_ewms_workflow":false,"eligible_for_ewms":true,"ewms_address":"http://here.invalid"}""",
            (await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/workflow-id")).GetRawText());
        const string Other = """{"workflow_id": "W1", "ewms_address": "https://ewms.invalid"}""";
        Assert.Equal("W1", (await OkAsync(HttpMethod.Post, $"/scan/{id}/ewms/workflow-id", Other)).GetProperty("ewms_workflow_id").GetString());
        await OkAsync(HttpMethod.Post, $"/scan/{id}/ewms/workflow-id", Other);
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Post, $"/scan/{id}/ewms/workflow-id", Other.Replace("W1", "W2"));
        Assert.Equal("W1", (await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/workflow-id")).GetProperty("workflow_id").GetString());
    }

    [Fact]
    public async Task Request_OfAScan_CanBeEditedAndPostedBack()
    {
        JsonObject body = GoodLaunch();
        body["cluster"] = new JsonArray(new JsonArray("far", 2), new JsonArray("local", 1), new JsonArray("far", 3));
        body["scanner_server_env_from_user"] = new JsonObject { ["MY_TOKEN"] = "hunter2", ["COLOUR"] = "red", ["N"] = 3 };
        JsonElement manifest = await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
        string id = manifest.GetProperty("scan_id").GetString()!;
        Assert.DoesNotContain("hunter2", manifest.GetRawText());
        Assert.Equal("***", manifest.GetProperty("env_vars").GetProperty("MY_TOKEN").GetProperty("value").GetString());
        JsonElement request = await OkAsync(HttpMethod.Get, $"/scan-request/{id}");
        Assert.Equal("""[["far",2],["local",1],["far",3]]""", request.GetProperty("request_clusters").GetRawText());
        Assert.Equal("""{"MY_TOKEN":"***","COLOUR":"red","N":3}""", request.GetProperty("scanner_server_env_from_user").GetRawText());
        string[] documented =
        [
            "scan_id", "rescan_ids", "docker_tag", "scanner_server_memory_bytes", "reco_algo", "nsides", "real_or_simulated_event", "predictive_scanning_threshold", "classifiers", "request_clusters",
            "worker_memory_bytes", "worker_disk_bytes", "max_pixel_reco_time", "priority", "debug_mode", "i3_event_id", "scanner_server_env_from_user",
        ];
        Assert.Equal(documented.Order(), request.EnumerateObject().Select(p => p.Name).Order());

        JsonObject again = JsonNode.Parse(request.GetRawText())!.AsObject();
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", again.ToJsonString());
        Assert.Contains("2 unknown argument(s)", reason);
        Assert.Contains("what was masked has to be given again", reason);
        again.Remove("scan_id");
        again.Remove("rescan_ids");
        again.Remove("scanner_server_env_from_user");
        JsonElement second = await OkAsync(HttpMethod.Post, "/scan", again.ToJsonString());
        Assert.NotEqual(id, second.GetProperty("scan_id").GetString());
        Assert.Equal(manifest.GetProperty("i3_event_id").GetString(), second.GetProperty("i3_event_id").GetString());
    }

    [Fact]
    public async Task Rescan_OfARescan_BelongsToTheOriginalRequest()
    {
        string id = await LaunchedAsync();
        JsonElement first = await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/rescan", "{}");
        string rescan = first.GetProperty("scan_id").GetString()!;
        Assert.Equal((true, id), (first.GetProperty("classifiers").GetProperty("rescan").GetBoolean(), first.GetProperty("classifiers").GetProperty("origin_scan_id").GetString()));
        Assert.Equal(rescan, (await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/rescan", "{}")).GetProperty("scan_id").GetString());
        string second = (await OkAsync(HttpMethod.Post, $"/scan/{rescan}/actions/rescan", """{"manifest_projection": "scan_id"}""")).GetProperty("scan_id").GetString()!;
        JsonElement request = await OkAsync(HttpMethod.Get, $"/scan-request/{second}");
        Assert.Equal((id, $"""["{rescan}","{second}"]"""), (request.GetProperty("scan_id").GetString(), request.GetProperty("rescan_ids").GetRawText()));
        Assert.Equal(3, Orchestrator.Started.Count);
        Assert.Equal("there is no request of such a scan", await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/scan/abc/actions/rescan", "{}"));
    }

    [Fact]
    public async Task Rescan_ThatReplaces_SendsUsersToTheNewScan()
    {
        string id = await LaunchedAsync();
        JsonElement manifest = await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/rescan", """{"abort_first": true, "replace_scan": "yes"}""");
        string next = manifest.GetProperty("scan_id").GetString()!;
        Assert.Contains($"/lifecycles/{id}/events/abort", Orchestrator.Raised);

        var (read, body) = await SendAsync(HttpMethod.Get, $"/scan/{id}/manifest?projection=scan_id");
        Assert.Equal((HttpStatusCode.Found, $"/scan/{next}/manifest?projection=scan_id"), (read.StatusCode, read.Headers.Location?.OriginalString));
        Assert.Equal(next, body.GetProperty("replaced_by_scan_id").GetString());
        var (write, _) = await SendAsync(HttpMethod.Delete, $"/scan/{id}", "{}");
        Assert.Equal((HttpStatusCode.TemporaryRedirect, $"/scan/{next}"), (write.StatusCode, write.Headers.Location?.OriginalString));
        Assert.True((await OkAsync(HttpMethod.Get, $"/scan/{id}/status?no_redirect=True")).GetProperty("is_deleted").GetBoolean());
        Assert.True((await OkAsync(HttpMethod.Delete, $"/scan/{id}", """{"no_redirect": true}""")).GetProperty("manifest").GetProperty("is_deleted").GetBoolean());
        // The first generation and the scan's own programs stay where they are.
        await OkAsync(HttpMethod.Get, $"/scan/manifest/{id}?include_deleted=t");
        await OkAsync(HttpMethod.Patch, $"/scan/{id}/manifest", "{}");
        Assert.Equal(id, (await OkAsync(HttpMethod.Get, $"/scan-request/{id}")).GetProperty("scan_id").GetString());
    }

    [Fact]
    public async Task AddWorkers_RunningScan_TellsItsLifeCycleOnce()
    {
        string id = await LaunchedAsync();
        const string Body = """{"n_workers": 5, "cluster_location": "far"}""";
        Assert.Equal("the scan was not started yet", await RefusedAsync(HttpStatusCode.UnprocessableEntity, HttpMethod.Post, $"/scan/{id}/actions/add-workers", Body));
        await SetAsync(id, m => m with { Lifecycle = m.Lifecycle with { Phase = ScanPhase.Scanning } });
        JsonElement first = await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/add-workers", Body), again = await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/add-workers", Body);
        Assert.Equal(5, first.GetProperty("n_workers").GetInt32());
        Assert.Equal(first.GetProperty("taskforce_uuid").GetString(), again.GetProperty("taskforce_uuid").GetString());
        Assert.Contains($"/lifecycles/{id}/events/add-workers", Orchestrator.Raised);
        await PutFinalAsync(id);
        Assert.Equal("the scan has its final result", await RefusedAsync(HttpStatusCode.UnprocessableEntity, HttpMethod.Post, $"/scan/{id}/actions/add-workers", Body));
    }

    [Theory]
    [InlineData(ScanPhase.Done, false, "the scan has ended")]
    [InlineData(ScanPhase.Failed, false, "the scan has ended")]
    [InlineData(ScanPhase.Scanning, true, "the scan was deleted")]
    public async Task AddWorkers_ScanThatNeedsNone_SaysWhy(string phase, bool deleted, string expected)
    {
        string id = await LaunchedAsync();
        await SetAsync(id, m => m with { IsDeleted = deleted, Lifecycle = m.Lifecycle with { Phase = phase } });
        Assert.Equal(expected, await RefusedAsync(HttpStatusCode.UnprocessableEntity, HttpMethod.Post, $"/scan/{id}/actions/add-workers", """{"n_workers": 5, "cluster_location": "far"}"""));
        Assert.Empty(Orchestrator.Raised);
    }

    [Fact]
    public async Task AddWorkers_Asked_AreATaskforceUnderTheSameName()
    {
        string id = await LaunchedAsync();
        await SetAsync(id, m => m with { Lifecycle = m.Lifecycle with { Phase = ScanPhase.Scanning } });
        string uuid = (await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/add-workers", """{"n_workers": 5, "cluster_location": "far"}""")).GetProperty("taskforce_uuid").GetString()!;
        Assert.Equal([(uuid, 5, "far", "pre-launch")], await TaskforcesAsync(id));
        // Started, though fewer: there was no room for all.
        await SetAsync(id, m => m with { CondorClusters = [new("binding", "local", 3, 2), new("binding", "far", 4, 3, uuid)] });
        Assert.Equal([($"{id}-local-3", 2, "local", "condor-submit"), (uuid, 3, "far", "condor-submit")], await TaskforcesAsync(id));
    }

    [Theory]
    [InlineData("{}", "'n_workers' is a required property; 'cluster_location' is a required property")]
    [InlineData("""{"n_workers": 0, "cluster_location": "hunter2"}""", "'n_workers': must be from 1 to 1000000; 'cluster_location': names a place that is not configured; known are: local, far")]
    [InlineData("""{"n_workers": true, "cluster_location": " "}""", "'n_workers': must be type 'integer' (int); 'cluster_location': must be type 'string'")]
    public async Task AddWorkers_BadBody_SaysEveryFault(string body, string expected)
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan/abc/actions/add-workers?no_redirect=1", body);
        Assert.Contains(expected, reason);
        Assert.DoesNotContain("hunter2", reason);
    }

    [Fact]
    public async Task Backlog_Waiting_IsListedOldestFirst()
    {
        Assert.NotNull((await SendAsync(HttpMethod.Get, "/scans/backlog")).Response.Headers.RetryAfter);
        Actors.ByType[ActorTypes.LaunchQueue] = new Waiting([new("b", 2, 0, null, 1), new("a", 1, 100, 7.5, 2)]);
        Assert.Equal(
            """{"entries":[{"scan_id":"a","timestamp":1,"priority":100,"pending_timestamp":7.5,"next_attempt":2},{"scan_id":"b","timestamp":2,"priority":0,"pending_timestamp":null,"next_attempt":1}]}""",
            (await OkAsync(HttpMethod.Get, "/scans/backlog")).GetRawText());
    }

    [Fact]
    public async Task FinalResult_FromAnOutsideScanner_IsToldToTheLifeCycleAndSoIsItsReading()
    {
        string id = await LaunchedAsync();
        await PutFinalAsync(id);
        Assert.Contains($"/lifecycles/{id}/events/final-result-stored", Orchestrator.Raised);
        Assert.DoesNotContain($"/lifecycles/{id}/events/final-result-read", Orchestrator.Raised);
        await OkAsync(HttpMethod.Get, $"/scan/result/{id}");
        Assert.Contains($"/lifecycles/{id}/events/final-result-read", Orchestrator.Raised);
        Orchestrator.IsAway = true;
        await OkAsync(HttpMethod.Get, $"/scan/result/{id}");
    }

    [Fact]
    public async Task Head_OfAnyReadableThing_HasNoBody()
    {
        string id = await LaunchedAsync();
        foreach (string path in new[] { "/", $"/scan/{id}", $"/scan/{id}/status", $"/scan/manifest/{id}", "/scans/backlog" })
        {
            using HttpResponseMessage response = await Http.SendAsync(new(HttpMethod.Head, path));
            Assert.Equal(path == "/scans/backlog" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    private async Task<(string?, int, string?, string?)[]> TaskforcesAsync(string id) =>
    [
        .. (await OkAsync(HttpMethod.Get, $"/scan/{id}/ewms/taskforces")).GetProperty("taskforces").EnumerateArray()
            .Select(t => (t.GetProperty("taskforce_uuid").GetString(), t.GetProperty("n_workers").GetInt32(), t.GetProperty("schedd").GetString(), t.GetProperty("phase").GetString())),
    ];

    private Task PutFinalAsync(string id) => OkAsync(HttpMethod.Put, $"/scan/{id}/result", """{"skyscan_result": {"nside-8": {}}, "is_final": true}""");

    private async Task SetAsync(string id, Func<ScanManifest, ScanManifest> change) =>
        await Dapr.SaveStateAsync(Components.StateStore, StateKeys.Manifest(id), change(Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!));

    private sealed class Waiting(IReadOnlyList<BacklogEntryV1> entries) : ILaunchQueue
    {
        public Task Enqueue(BacklogEntryV1 entry) => throw new NotSupportedException();

        public Task Launched(string scanId) => throw new NotSupportedException();

        public Task Remove(string scanId) => throw new NotSupportedException();

        public Task<BacklogV1> List() => Task.FromResult(new BacklogV1(entries));
    }
}
