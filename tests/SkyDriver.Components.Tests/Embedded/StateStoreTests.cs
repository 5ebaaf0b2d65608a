using System.Net;

namespace SkyDriver.Components.Tests.Embedded;

public sealed class StateStoreTests
{
    [Fact]
    public async Task State_OfAPluggableStore_FollowsTheRulesOfDapr()
    {
        await using EmbeddedSidecar sidecar = new();
        Dictionary<string, (byte[], int)> data = [];
        MemoryStore? store = null;
        await using ComponentHost component = await sidecar.ServeAsync("shelf", b => b.Add(_ => store = new MemoryStore(data)));
        await sidecar.With("s", "state.shelf", metadata: [("keyPrefix", "name")]).StartAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("GET", "/v1.0/state/s/a")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":{"x":1},"metadata":{"ttlInSeconds":"60"}}]""")).Status);
        Assert.Equal(["s||a"], data.Keys);
        Assert.Equal(TimeSpan.FromSeconds(60), store!.Lives.Single());
        (HttpStatusCode status, string body, HttpResponseMessage response) = await sidecar.SendAsync("GET", "/v1.0/state/s/a");
        Assert.Equal((HttpStatusCode.OK, """{"x":1}""", "1"), (status, body, response.Headers.GetValues("ETag").Single()));

        Assert.Equal(HttpStatusCode.Conflict, (await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":2,"etag":"9"}]""")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":2,"options":{"concurrency":"first-write"}}]""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":2,"etag":"never"}]""")).Status);
        (HttpStatusCode full, string told, _) = await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":1234}]""");
        Assert.Equal((HttpStatusCode)429, full);
        Assert.Contains("ERR_STORE_FULL", told);
        (HttpStatusCode broken, string why, _) = await sidecar.SendAsync("GET", "/v1.0/state/s/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, broken);
        Assert.Contains("the disk is gone", why);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("DELETE", "/v1.0/state/s/a")).Status);
        Assert.Empty(data);
    }

    [Fact]
    public async Task State_BulkAndTransactions_AreAllOrNothing()
    {
        await using EmbeddedSidecar sidecar = new();
        Dictionary<string, (byte[], int)> data = [];
        await using ComponentHost component = await sidecar.ServeAsync("shelf", b => b.Add(_ => new MemoryStore(data)));
        await sidecar.With("s", "state.shelf", metadata: [("keyPrefix", "none")]).StartAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("POST", "/v1.0/state/s", """[{"key":"a","value":1},{"key":"b","value":2}]""")).Status);
        (_, string bulk, _) = await sidecar.SendAsync("POST", "/v1.0/state/s/bulk", """{"keys":["a","none","b"]}""");
        Assert.Contains("\"a\"", bulk);
        Assert.Contains("\"none\"", bulk);

        const string Good = """{"operations":[{"operation":"upsert","request":{"key":"c","value":3}},{"operation":"delete","request":{"key":"a"}}]}""";
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("POST", "/v1.0/state/s/transaction", Good)).Status);
        Assert.Equal(["b", "c"], data.Keys.Order());
        const string Stale = """{"operations":[{"operation":"delete","request":{"key":"b"}},{"operation":"upsert","request":{"key":"c","value":4,"etag":"9"}}]}""";
        Assert.Equal(HttpStatusCode.InternalServerError, (await sidecar.SendAsync("POST", "/v1.0/state/s/transaction", Stale)).Status);
        Assert.Equal(["b", "c"], data.Keys.Order());
        string operations = string.Join(',', Enumerable.Range(0, 4).Select(i => "{\"operation\":\"upsert\",\"request\":{\"key\":\"k" + i + "\",\"value\":1}}"));
        string many = "{\"operations\":[" + operations + "]}";
        (HttpStatusCode tooMany, string told, _) = await sidecar.SendAsync("POST", "/v1.0/state/s/transaction", many);
        Assert.Equal(HttpStatusCode.BadRequest, tooMany);
        Assert.Contains("ERR_STATE_STORE_TOO_MANY_TRANSACTIONS", told);
    }

    [Fact]
    public async Task State_StoreWithoutTransactions_RefusesThem()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("shelf", b => b.Add(_ => new PlainStore([])));
        await sidecar.With("s", "state.shelf").StartAsync();
        (HttpStatusCode status, string told, _) = await sidecar.SendAsync("POST", "/v1.0/state/s/transaction", """{"operations":[{"operation":"delete","request":{"key":"b"}}]}""");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("ERR_STATE_STORE_NOT_SUPPORTED", told);
    }
}
