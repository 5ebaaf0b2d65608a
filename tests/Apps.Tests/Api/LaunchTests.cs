using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

public sealed class LaunchTests : ApiHarness
{
    private const string Secret = "hunter2";

    [Fact]
    public async Task Launch_Good_AnswersWithTheManifestOfADurableScan()
    {
        JsonElement manifest = await OkAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString());
        string id = manifest.GetProperty("scan_id").GetString()!;
        Assert.Matches(@"^[0-9a-f]+x[0-9a-f]+\z", id);
        Assert.Equal(32, id.Length);
        Assert.Equal((false, false), (manifest.GetProperty("is_deleted").GetBoolean(), manifest.GetProperty("complete").GetBoolean()));
        Assert.Equal("realtimeEventData", manifest.GetProperty("event_i3live_json_dict").GetProperty("varname").GetString());
        JsonElement what = manifest.GetProperty("event_metadata");
        Assert.Equal((1, 1, false), (what.GetProperty("run_id").GetInt32(), what.GetProperty("event_id").GetInt32(), what.GetProperty("is_real_event").GetBoolean()));
        Assert.Contains("--nsides 8:0 64:12 --simulated-event", manifest.GetProperty("scanner_server_args").GetString());

        ScanManifest stored = Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!;
        Assert.Equal(ScanManifest.EventMarker, stored.EventI3LiveJsonDict?.GetString());
        ScanRequestV1 request = Dapr.Read<ScanRequestV1>(StateKeys.Request(id))!;
        Assert.Equal(("3.1.4", "dummy", 1.0), (request.DockerTag, request.RecoAlgo, request.PredictiveScanningThreshold));
        Assert.Equal([new("local", 2)], request.RequestClusters);
        Assert.Contains(StateKeys.EventIndex(stored.I3EventId!), Dapr.Keys);
        Assert.Contains(stored.I3EventId!, Assert.Contains(id, Orchestrator.Started));
    }

    [Fact]
    public async Task Launch_EveryArgumentInItsOtherForm_MeansTheSame()
    {
        JsonObject body = GoodLaunch();
        body["cluster"] = new JsonObject { ["local"] = 3 };
        body["event_i3live_json"] = body["event_i3live_json"]!.ToJsonString();
        body["nsides"] = new JsonObject { ["8"] = 12, ["64"] = "12", ["512"] = 24.0 };
        body["real_or_simulated_event"] = "sim";
        body["memory"] = "512 MiB";
        body["max_reco_time"] = 60;
        body["predictive_scanning_threshold"] = 1;
        body["debug_mode"] = true;
        string id = (await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetProperty("scan_id").GetString()!;
        ScanRequestV1 request = Dapr.Read<ScanRequestV1>(StateKeys.Request(id))!;
        Assert.Equal([new("local", 3)], request.RequestClusters);
        Assert.Equal([("8", 0), ("64", 12), ("512", 24)], request.Nsides.Select(n => (n.Key, n.Value)));
        Assert.Equal((512L << 20, 60, "client-logs"), (request.WorkerMemoryBytes, request.MaxPixelRecoTime, request.DebugMode.Single()));
    }

    public static TheoryData<string, string, string> BadBodies => new()
    {
        { "docker_tag", "null", "'docker_tag' is a required property" },
        { "docker_tag", "\"  \"", "'docker_tag': must be type 'string'" },
        { "docker_tag", "\"hunter2; rm\"", "'docker_tag': must be a tag" },
        { "cluster", "null", "'request_clusters' is a required property" },
        { "cluster", "{}", "'request_clusters': must be an object" },
        { "cluster", "{\"local\": 0}", "'request_clusters': must be an object" },
        { "cluster", "[[\"local\", true]]", "'request_clusters': must be an object" },
        { "cluster", "{\"hunter2\": 1}", "'request_clusters': names a place that is not configured; known are: local" },
        { "reco_algo", "true", "'reco_algo': must be type 'string'" },
        { "reco_algo", "\"hunter2\"", "'reco_algo': not known; use one of:" },
        { "reco_algo", "\"pandel_mpe-hunter2\"", "'reco_algo': not known; 'pandel_mpe' does not have that option, it has layered" },
        { "event_i3live_json", "null", "'event_i3live_json' is a required property" },
        { "event_i3live_json", "{}", "'event_i3live_json': must be type 'object'" },
        { "event_i3live_json", "\"hunter2\"", "'event_i3live_json': is text that is not valid JSON" },
        { "event_i3live_json", "\"[1]\"", "'event_i3live_json': must be type 'object'" },
        { "event_i3live_json", "\"{\\\"a\\\": \\\"\\\\ud800\\\"}\"", "'event_i3live_json': is text that is not valid JSON" },
        { "event_i3live_json", "{\"value\": {\"data\": \"hunter2\"}}", "'event_i3live_json':" },
        { "nsides", "[]", "'nsides': must be type 'object' (dict)" },
        { "nsides", "{}", "'nsides':" },
        { "nsides", "{\"hunter2\": 0}", "'nsides': each key must be an nside" },
        { "nsides", "{\"3\": 0}", "'nsides':" },
        { "nsides", "{\"64\": 0, \"8\": 12}", "'nsides':" },
        { "nsides", "{\"8\": 0, \"64\": 0}", "'nsides':" },
        { "nsides", "{\"8\": 0, \"64\": true}", "'nsides': must map each nside" },
        { "real_or_simulated_event", "\"hunter2\"", "'real_or_simulated_event': must be one of real, real_event" },
        { "real_or_simulated_event", "\"real\"", "'event_i3live_json': a real event has a run number" },
        { "predictive_scanning_threshold", "0.05", "'predictive_scanning_threshold': must be from 0.1 to 1.0" },
        { "predictive_scanning_threshold", "\"NaN\"", "'predictive_scanning_threshold': must be type 'number'" },
        { "predictive_scanning_threshold", "1.5", "'predictive_scanning_threshold': must be from 0.1 to 1.0" },
        { "max_reco_time", "0", "'max_pixel_reco_time': must be a number of seconds from 1 on" },
        { "max_reco_time", "true", "'max_pixel_reco_time': must be type 'integer'" },
        { "memory", "\"-8GB\"", "'worker_memory_bytes': must be a number of bytes" },
        { "memory", "\"8 hunter2\"", "'worker_memory_bytes': must be a number of bytes" },
        { "memory", "0", "'worker_memory_bytes': must be a number of bytes" },
        { "debug_mode", "\"hunter2\"", "'debug_mode': must be 'client-logs'" },
        { "priority", "\"high\"", "'priority': must be type 'integer'" },
        { "priority", "1e12", "'priority': must be a 32-bit integer" },
        { "classifiers", "{\"rescan\": true}", "'classifiers': 'rescan' and 'origin_scan_id' are set by the service" },
        { "classifiers", "{\"a\": [1]}", "'classifiers': at most 25 members" },
        { "i3_event_id", "\"hunter2\"", "'event_i3live_json': give this or 'i3_event_id', not both" },
        { "reco_algo", "\"no/name\"", "'reco_algo': must be a name of up to 128 letters" },
        { "worker_disk", "\"1 GiBB\"", "'worker_disk_bytes': must be a number of bytes" },
        { "scanner_server_memory_bytes", "[]", "'scanner_server_memory_bytes': must be a number of bytes" },
        { "request_clusters", "[[\"local\"]]", "'request_clusters': must be an object" },
        { "debug_mode", "[\"client-logs\", \"hunter2\"]", "'debug_mode': must be 'client-logs'" },
        { "manifest_projection", "7", "'manifest_projection': must be '*'" },
        { "classifiers", "{\"a name that is far too long for this\": 1}", "'classifiers': at most 25 members" },
        { "classifiers", "{\"a\": \"a text that is far too long for this\"}", "'classifiers': at most 25 members" },
        { "scanner_server_env_from_user", "{\"SKYSCAN_SKYDRIVER_AUTH\": \"hunter2\"}", "'scanner_server_env_from_user': names must not begin with SKYSCAN_SKYDRIVER_" },
        { "scanner_server_env_from_user", "{\"_skyscan_broker_auth\": \"hunter2\"}", "'scanner_server_env_from_user': names must not begin with" },
        { "scanner_server_env", "{\"A B\": 1}", "'scanner_server_env_from_user': at most 25 members" },
        { "scanner_server_env", "{\"A\": [\"hunter2\"]}", "'scanner_server_env_from_user': at most 25 members" },
        { "hunter2", "1", "1 unknown argument(s); known are: classifiers" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Launch_BadArgument_IsNamedNotRepeatedAndNothingIsKept(string name, string value, string expected)
    {
        JsonObject body = GoodLaunch();
        body[name] = JsonNode.Parse(value);
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString());
        Assert.Contains(expected, reason);
        Assert.DoesNotContain(Secret, reason);
        Assert.Empty(Dapr.Keys);
        Assert.Empty(Orchestrator.Started);
    }

    [Theory]
    [InlineData("no such id")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Launch_UnknownEventId_IsABadRequest(string eventId)
    {
        JsonObject body = GoodLaunch();
        body.Remove("event_i3live_json");
        body["i3_event_id"] = eventId;
        Assert.Equal("'i3_event_id': there is no such event", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task Launch_ManyFaults_SaysAllAtOnce()
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", """{"priority": 1.5, "predictive_scanning_threshold": 7, "nsides": {"6": 0, "5": 1}}""");
        foreach (string name in new[] { "docker_tag", "request_clusters", "reco_algo", "event_i3live_json", "nsides", "real_or_simulated_event", "predictive_scanning_threshold", "priority" })
        {
            Assert.Contains($"'{name}'", reason);
        }

        Assert.Contains("; ", reason);
    }

    [Fact]
    public async Task Launch_HundredsOfClusters_IsRefused()
    {
        JsonObject body = GoodLaunch();
        body["cluster"] = new JsonArray([.. Enumerable.Range(0, 65).Select(_ => new JsonArray("local", 1))]);
        Assert.Contains("at most 64", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
    }

    [Theory]
    [InlineData("{\"docker_tag\": hunter2}", "not valid JSON (line 1")]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("\"text\"", "must be a JSON object")]
    [InlineData("{\"a\": 1, \"a\": 2}", "not valid JSON")]
    [InlineData("{\"a\": \"\\ud800\"}", "not valid JSON")]
    [InlineData("{\"\\udfff\": 1}", "not valid JSON")]
    public async Task Launch_BodyIsNoObject_IsRefused(string body, string expected)
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body);
        Assert.Contains(expected, reason);
        Assert.DoesNotContain(Secret, reason);
    }

    [Fact]
    public async Task Launch_BodyNestsTooDeeply_IsRefused() =>
        Assert.Contains("not valid JSON", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", "{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}"));

    [Fact]
    public async Task Launch_SameBodyAgain_IsTheSameScan()
    {
        string first = await LaunchedAsync();
        Assert.Equal(first, await LaunchedAsync());
        JsonObject relabelled = GoodLaunch();
        relabelled["classifiers"] = new JsonObject { ["try"] = 2 };
        Assert.NotEqual(first, (await OkAsync(HttpMethod.Post, "/scan", relabelled.ToJsonString())).GetProperty("scan_id").GetString());
        Assert.Equal(2, Orchestrator.Started.Count);
    }

    [Fact]
    public async Task Launch_ManyAtOnceWithOneBody_IsOneScan()
    {
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LaunchedAsync()));
        Assert.Single(ids.Distinct());
        Assert.Single(Orchestrator.Started);
    }

    [Fact]
    public async Task Launch_WithKeys_TheKeyDecides()
    {
        string body = GoodLaunch().ToJsonString();
        string first = Id(await OkAsync(HttpMethod.Post, "/scan", body, ("Idempotency-Key", "k1")));
        Assert.Equal(first, Id(await OkAsync(HttpMethod.Post, "/scan", body, ("Idempotency-Key", "k1"))));
        Assert.NotEqual(first, Id(await OkAsync(HttpMethod.Post, "/scan", body, ("Idempotency-Key", "k2"))));
        JsonObject other = GoodLaunch();
        other["priority"] = 5;
        Assert.Contains("Idempotency-Key", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", other.ToJsonString(), ("Idempotency-Key", "k1")));
    }

    [Fact]
    public async Task Launch_SameBodyAfterTheWindow_IsAnotherScanButAKeyHoldsLonger()
    {
        string body = GoodLaunch().ToJsonString(), first = await LaunchedAsync(), keyed = Id(await OkAsync(HttpMethod.Post, "/scan", body, ("Idempotency-Key", "k")));
        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(first, await LaunchedAsync());
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(first, await LaunchedAsync());
        Assert.Equal(keyed, Id(await OkAsync(HttpMethod.Post, "/scan", body, ("Idempotency-Key", "k"))));
        Assert.Contains("1 to 255 characters", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body, ("Idempotency-Key", new string('k', 256))));
    }

    [Fact]
    public async Task Launch_SameMeaningInOtherWords_IsARepeat()
    {
        JsonObject labelled = GoodLaunch();
        labelled["classifiers"] = new JsonObject { ["a"] = 1, ["b"] = true };
        string first = Id(await OkAsync(HttpMethod.Post, "/scan", labelled.ToJsonString()));
        JsonObject body = new(GoodLaunch().Reverse().Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        body["classifiers"] = new JsonObject { ["b"] = true, ["a"] = 1 };
        body["cluster"] = new JsonObject { ["local"] = "2" };
        body["predictive_scanning_threshold"] = 1;
        body["priority"] = "0";
        body["memory"] = 8_000_000_000;
        body["manifest_projection"] = "scan_id";
        Assert.Equal($$"""{"scan_id":"{{first}}"}""", (await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetRawText());
    }

    [Fact]
    public async Task Launch_StoredEvent_IsUsedByItsId()
    {
        JsonElement first = await OkAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString());
        JsonObject body = GoodLaunch();
        body.Remove("event_i3live_json");
        body["i3_event_id"] = first.GetProperty("i3_event_id").GetString();
        JsonElement second = await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
        Assert.NotEqual(Id(first), Id(second));
        Assert.True(JsonElement.DeepEquals(first.GetProperty("event_i3live_json_dict"), second.GetProperty("event_i3live_json_dict")));
    }

    [Theory]
    [InlineData("launch/")]
    [InlineData("event/")]
    [InlineData("request/")]
    [InlineData("manifest/")]
    [InlineData("scans/")]
    public async Task Launch_StoreFailsHalfWay_ARepeatFinishesTheSameScan(string failing)
    {
        bool failed = false;
        Dapr.OnSave = key =>
        {
            if (failed || !key.StartsWith(failing, StringComparison.Ordinal)) return;
            failed = true;
            throw new DaprException("store away");
        };
        var (response, _) = await SendAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Empty(Orchestrator.Started);
        string id = await LaunchedAsync();
        Assert.Equal(id, Orchestrator.Started.Keys.Single());
        Assert.Single(Dapr.Keys, key => key.StartsWith("manifest/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Launch_OrchestratorAway_IsNotAcceptedAndARepeatStartsIt()
    {
        Orchestrator.IsAway = true;
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/scan", GoodLaunch().ToJsonString());
        Orchestrator.IsAway = false;
        Assert.Equal(await LaunchedAsync(), Orchestrator.Started.Keys.Single());
    }

    private static string Id(JsonElement manifest) => manifest.GetProperty("scan_id").GetString()!;
}

/// <summary>A site that has only today's clients.</summary>
public sealed class StrictLaunchTests() : ApiHarness("SKYDRIVER_STRICT_V2=true", "SKYDRIVER_ENGINE=external")
{
    [Fact]
    public async Task Launch_FirstGenerationsHabits_AreRefused()
    {
        JsonObject body = GoodLaunch();
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString());
        Assert.Equal("'max_pixel_reco_time' is a required property", reason);
        body["memory"] = "8GB";
        body["max_pixel_reco_time"] = 60;
        Assert.Contains("'memory': is not taken here any more; use 'worker_memory_bytes'", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        body.Remove("memory");
        await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
    }

    [Fact]
    public async Task Launch_ForAnOutsideScanner_TakesAlgorithmsThatAreUnknownHere()
    {
        JsonObject body = GoodLaunch();
        body["max_pixel_reco_time"] = 60;
        body["reco_algo"] = "millipede_wilks";
        await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
    }
}
