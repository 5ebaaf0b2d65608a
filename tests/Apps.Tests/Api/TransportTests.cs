using System.Net;
using System.Text.Json;

namespace SkyDriver.Apps.Tests.Api;

public sealed class TransportTests : ApiHarness
{
    [Theory]
    [InlineData("/")]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    public async Task Get_OpenToAll_IsOk(string path) => await OkAsync(HttpMethod.Get, path);

    [Theory]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("POST", "/scan/manifest", 404)]
    [InlineData("GET", "/scan/manifest", 404)]
    [InlineData("DELETE", "/scan/result", 404)]
    [InlineData("GET", "/scan", 405)]
    [InlineData("POST", "/scans", 405)]
    [InlineData("PUT", "/scan/manifest/abc", 405)]
    [InlineData("POST", "/scan/result/abc", 405)]
    [InlineData("GET", "/scan/manifest/no%20id", 404)]
    [InlineData("GET", "/scan/manifest/a.b", 404)]
    [InlineData("DELETE", "/scan/result/a%2Fb", 404)]
    public async Task Request_NoSuchPlaceOrMethod_HasTheFormOfEveryError(string method, string path, int expected)
    {
        Assert.NotEmpty(await RefusedAsync((HttpStatusCode)expected, new HttpMethod(method), path, "{}"));
        Assert.Empty(Dapr.Keys);
    }

    [Theory]
    [InlineData("GET", "/scan/manifest/abc")]
    [InlineData("DELETE", "/scan/manifest/abc")]
    [InlineData("PATCH", "/scan/manifest/abc")]
    [InlineData("GET", "/scan/result/abc")]
    [InlineData("DELETE", "/scan/result/abc")]
    [InlineData("GET", "/scan/abc/i3-event")]
    [InlineData("GET", "/scan/abc/manifest")]
    public async Task Request_UnknownScan_IsNotFoundAndNothingIsMade(string method, string path)
    {
        Assert.Equal("there is no such scan", await RefusedAsync(HttpStatusCode.NotFound, new HttpMethod(method), path, "{}"));
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task Post_MoreThanAServiceTakes_IsRefusedAs413()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/scan") { Content = new ByteArrayContent(new byte[(16 << 20) + 1]), Headers = { ExpectContinue = true } };
        using HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("too large", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("yes", true)]
    [InlineData("1", true)]
    [InlineData("ON", true)]
    [InlineData("False", false)]
    [InlineData("no", false)]
    [InlineData("0", false)]
    public async Task Query_BooleanInAnyOfItsWords_IsUnderstood(string word, bool deleted)
    {
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}", "{}");
        string path = $"/scan/manifest/{id}?include_deleted={word}";
        if (deleted) Assert.True((await OkAsync(HttpMethod.Get, path)).GetProperty("is_deleted").GetBoolean());
        else await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, path);
    }

    [Theory]
    [InlineData("maybe")]
    [InlineData("")]
    [InlineData("2")]
    public async Task Query_BooleanInNone_IsRefused(string word) =>
        Assert.Contains("'include_deleted'", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Get, $"/scan/manifest/abc?include_deleted={word}"));

    [Fact]
    public async Task Scans_FoundByEvent_FromQueryOrBody()
    {
        string id = await LaunchedAsync();
        JsonElement found = await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=False&extra=ignored");
        Assert.Equal(1, found.GetProperty("event_id").GetInt32());
        Assert.Equal([id], Ids(found));
        // Where a name is in both, the body wins.
        Assert.Equal([id], Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=7&event_id=1", """{"run_id": 1.0, "is_real_event": 0}""")));
        Assert.Empty(Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=true")));
        Assert.Empty(Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=2&event_id=1&is_real_event=false")));

        await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        Assert.Empty(Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=f")));
        Assert.Equal([id], Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=f&include_deleted=t")));
    }

    [Fact]
    public async Task Scans_SeveralOfOneEvent_AreOldestFirst()
    {
        string first = await LaunchedAsync();
        var again = GoodLaunch();
        again["priority"] = 1;
        string second = (await OkAsync(HttpMethod.Post, "/scan", again.ToJsonString())).GetProperty("scan_id").GetString()!;
        Assert.Equal([first, second], Ids(await OkAsync(HttpMethod.Get, "/scans?run_id=1&event_id=1&is_real_event=f")));
    }

    [Fact]
    public async Task Scans_ArgumentsMissingOrWrong_AreAllNamed()
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Get, "/scans?run_id=one&include_deleted=perhaps");
        Assert.Contains("'run_id': must be type 'integer'", reason);
        Assert.Contains("'event_id' is a required property", reason);
        Assert.Contains("'is_real_event' is a required property", reason);
        Assert.Contains("'include_deleted'", reason);
    }

    private static string[] Ids(JsonElement found) => [.. found.GetProperty("scan_ids").EnumerateArray().Select(s => s.GetString()!)];
}
