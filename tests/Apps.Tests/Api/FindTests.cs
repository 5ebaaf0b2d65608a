using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Apps.Tests.Api;

public sealed class FindTests : ApiHarness
{
    /// <summary>Four scans: a, b, c in the order of time, and d, deleted.</summary>
    private async Task<Dictionary<string, string>> FourAsync()
    {
        Dictionary<string, string> names = [];
        foreach ((string name, int priority) in new[] { ("a", 5), ("b", -1), ("c", 200), ("d", 5) })
        {
            JsonObject body = GoodLaunch();
            body["priority"] = priority;
            body["classifiers"] = new JsonObject { ["name"] = name, ["odd"] = name is "a" or "c", ["gone"] = null };
            names[(await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetProperty("scan_id").GetString()!] = name;
        }

        string deleted = names.Single(n => n.Value == "d").Key;
        await OkAsync(HttpMethod.Delete, $"/scan/{deleted}");
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{names.Single(n => n.Value == "b").Key}", """{"condor_cluster": {"collector": "c", "schedd": "s", "cluster_id": 7, "jobs": 5}}""");
        return names;
    }

    public static TheoryData<string, string> Filters => new()
    {
        { "{}", "abc" },
        { """{"is_deleted": true}""", "d" },
        { """{"is_deleted": {"$in": [true, false]}}""", "abcd" },
        { """{"event_metadata.run_id": 1, "event_metadata.event_id": 1}""", "abc" },
        { """{"event_metadata.run_id": 2, "event_metadata.event_id": 1}""", "" },
        { """{"event_metadata.is_real_event": false}""", "abc" },
        { """{"priority": 5}""", "a" },
        { """{"priority": 5.0}""", "a" },
        { """{"priority": "5"}""", "" },
        { """{"priority": {"$gt": 5}}""", "c" },
        { """{"priority": {"$gte": 5, "$lt": 200}}""", "a" },
        { """{"priority": {"$lte": -1}}""", "b" },
        { """{"priority": {"$ne": 5}}""", "bc" },
        { """{"priority": {"$in": [5, 200]}}""", "ac" },
        { """{"priority": {"$nin": [5, 200]}}""", "b" },
        { """{"priority": {"$not": {"$gt": 0}}}""", "b" },
        { """{"timestamp": {"$gt": 1e9}}""", "abc" },
        { """{"timestamp": {"$lt": 1e9}}""", "" },
        { """{"timestamp": {"$gt": "yesterday"}}""", "" },
        { """{"classifiers.name": "b"}""", "b" },
        { """{"classifiers.odd": true}""", "ac" },
        { """{"classifiers.gone": null}""", "abc" },
        { """{"classifiers.never": null}""", "abc" },
        { """{"classifiers.gone": {"$exists": true}}""", "abc" },
        { """{"classifiers.never": {"$exists": true}}""", "" },
        { """{"classifiers.never": {"$exists": false}}""", "abc" },
        { """{"classifiers.name": {"$regex": "^[AB]$", "$options": "i"}}""", "ab" },
        { """{"classifiers.name": {"$regex": "^[AB]$"}}""", "" },
        { """{"$and": [{"priority": 5}, {"classifiers.name": "a"}]}""", "a" },
        { """{"$or": [{"priority": 200}, {"classifiers.name": "b"}]}""", "bc" },
        { """{"$nor": [{"priority": 200}, {"classifiers.name": "b"}]}""", "a" },
        { """{"condor_clusters.schedd": "s"}""", "b" },
        { """{"condor_clusters.0.jobs": {"$gt": 4}}""", "b" },
        { """{"condor_clusters": []}""", "ac" },
        { """{"classifiers": {"name": "a", "odd": true, "gone": null}}""", "a" },
        { """{"progress": null, "scan_id": {"$regex": "x"}}""", "abc" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Find_ByFilter_AnswersTheMatchesOldestFirst(string filter, string expected)
    {
        Dictionary<string, string> names = await FourAsync();
        Assert.Equal(expected, Names(names, await FindAsync($$"""{"filter": {{filter}}}""")));
    }

    [Theory]
    [InlineData("""{"filter": {}, "include_deleted": true}""", "abcd")]
    [InlineData("""{"filter": {"is_deleted": false}, "include_deleted": true}""", "abc")]
    [InlineData("""{"filter": {}, "limit": 2}""", "ab")]
    [InlineData("""{"filter": {}, "skip": 1, "limit": 1}""", "b")]
    [InlineData("""{"filter": {}, "skip": 9}""", "")]
    [InlineData("""{"filter": {}, "sort": "-timestamp"}""", "cba")]
    [InlineData("""{"filter": {}, "sort": "priority"}""", "bac")]
    [InlineData("""{"filter": {}, "sort": {"classifiers.odd": -1, "priority": -1}, "limit": 2}""", "ca")]
    [InlineData("""{"filter": {}, "sort": [["classifiers.name", -1]], "skip": 1}""", "ba")]
    public async Task Find_WithMoreArguments_IsCutAndSorted(string body, string expected)
    {
        Dictionary<string, string> names = await FourAsync();
        Assert.Equal(expected, Names(names, await FindAsync(body)));
    }

    [Fact]
    public async Task Find_ByIdOrEvent_ReadsOnlyThose()
    {
        Dictionary<string, string> names = await FourAsync();
        List<string> read = [];
        Dapr.OnBulkRead = keys => read.AddRange(keys);
        string b = names.Single(n => n.Value == "b").Key;
        Assert.Equal("b", Names(names, await FindAsync($$"""{"filter": {"scan_id": {"$in": ["{{b}}", "nobody", "not/an/id"]} } }""")));
        Assert.Equal(new[] { StateKeys.Manifest(b), StateKeys.Manifest("nobody") }.Order(), read.Order());
        read.Clear();
        await FindAsync("""{"filter": {"event_metadata.run_id": 77, "event_metadata.event_id": 1}}""");
        Assert.Empty(read);
    }

    [Fact]
    public async Task Find_Members_AreAllButTheHeavyOnesOrThoseAskedFor()
    {
        await FourAsync();
        JsonElement all = (await FindAsync("""{"filter": {"priority": 5}}"""))[0];
        Assert.False(all.TryGetProperty("event_i3live_json_dict", out _) || all.TryGetProperty("ewms_task", out _) || all.TryGetProperty("event_i3live_json_dict__hash", out _));
        Assert.Equal(JsonValueKind.Null, all.GetProperty("progress").ValueKind);
        Assert.Equal("""{"priority":5}""", (await FindAsync("""{"filter": {"priority": 5}, "manifest_projection": ["priority"]}"""))[0].GetRawText());
        Assert.Equal("""{"priority":5}""", (await FindAsync("""{"filter": {"priority": 5}, "manifest_projection": "priority|nonsense"}"""))[0].GetRawText());
    }

    [Fact]
    public async Task Find_MoreThanAPageOfScans_ComesWholeAndInOrder()
    {
        const int Count = 600;
        for (int i = 0; i < Count; i++)
        {
            ScanManifest manifest = new() { ScanId = $"s{i:d4}", Timestamp = 1_800_000_000 + i, Priority = i % 7 };
            await Dapr.SaveStateAsync(Components.StateStore, StateKeys.Manifest(manifest.ScanId), manifest);
            await ((ScanCatalog)Services.GetService(typeof(ScanCatalog))!).AddAsync(manifest.ScanId, manifest.Timestamp);
        }

        int largest = 0;
        Dapr.OnBulkRead = keys => largest = Math.Max(largest, keys.Count);
        JsonElement[] found = await FindAsync("""{"filter": {}}""");
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"s{i:d4}"), found.Select(m => m.GetProperty("scan_id").GetString()));
        Assert.InRange(largest, 1, 64);
        Assert.Equal(Count / 7 + 1, (await FindAsync("""{"filter": {"priority": 3}}""")).Length);
    }

    [Theory]
    [InlineData("{}", "'filter' is a required property")]
    [InlineData("""{"filter": "hunter2"}""", "'filter': must be type 'object'")]
    [InlineData("""{"filter": {"$where": "hunter2"}}""", "'filter': operator $where is not supported")]
    [InlineData("""{"filter": {"$expr": {}}}""", "'filter': operator $expr is not supported")]
    [InlineData("""{"filter": {"a": {"$near": "hunter2"}}}""", "'filter': operator $near is not supported")]
    [InlineData("""{"filter": {"a": {"$hunter2 is a secret": 1}}}""", "'filter': an operator is not supported")]
    [InlineData("""{"filter": {"$and": []}}""", "$and needs a list")]
    [InlineData("""{"filter": {"$or": [1]}}""", "conditions must be in an object")]
    [InlineData("""{"filter": {"a": {"$in": 1}}}""", "$in needs a list")]
    [InlineData("""{"filter": {"a": {"$exists": 1}}}""", "$exists needs true or false")]
    [InlineData("""{"filter": {"a": {"$regex": "("}}}""", "$regex is no regular expression")]
    [InlineData("""{"filter": {"a": {"$regex": "(?=a)"}}}""", "$regex is no regular expression")]
    [InlineData("""{"filter": {"a": {"$regex": "(((((a{99}){99}){99}){99}){99}){99}"}}}""", "$regex is no regular expression, or one with look-around, back references or too many repetitions")]
    [InlineData("""{"filter": {"a": {"$regex": "a", "$options": "x"}}}""", "$options may be 'i' only")]
    [InlineData("""{"filter": {"a": {"$gt": 1, "b": 2}}}""", "mixed")]
    [InlineData("""{"filter": {"a": {"$not": 1}}}""", "$not needs an object")]
    [InlineData("""{"filter": {"a..b": 1}}""", "empty part")]
    [InlineData("""{"filter": {}, "limit": 0}""", "'limit': must be from 1 to 10000")]
    [InlineData("""{"filter": {}, "skip": -1}""", "'skip'")]
    [InlineData("""{"filter": {}, "sort": {"a": 2}}""", "'sort'")]
    [InlineData("""{"filter": {}, "sort": "$hunter2"}""", "'sort'")]
    [InlineData("""{"filter": {}, "skip": 100000, "sort": "a"}""", "'sort': sorted answers")]
    [InlineData("""{"filter": {}, "manifest_projection": ["ewms_task"]}""", "'manifest_projection': 'ewms_task' cannot be selected here")]
    [InlineData("""{"filter": {}, "manifest_projection": "event_i3live_json_dict|scan_id"}""", "cannot be selected here")]
    [InlineData("""{"filter": {}, "hunter2": 1}""", "1 unknown argument(s)")]
    public async Task Find_Bad_SaysWhyAndRepeatsNothing(string body, string expected)
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scans/find", body);
        Assert.Contains(expected, reason);
        Assert.DoesNotContain("hunter2", reason);
    }

    [Fact]
    public async Task Find_StoreAway_IsAPlainError()
    {
        await FourAsync();
        Dapr.OnBulkRead = _ => throw new Dapr.DaprException("away");
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/scans/find", """{"filter": {}}""");
    }

    private async Task<JsonElement[]> FindAsync(string body) => [.. (await OkAsync(HttpMethod.Post, "/scans/find", body)).GetProperty("manifests").EnumerateArray()];

    private static string Names(Dictionary<string, string> names, JsonElement[] found) => string.Concat(found.Select(m => names[m.GetProperty("scan_id").GetString()!]));
}
