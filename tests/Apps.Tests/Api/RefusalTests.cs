using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>What every route makes of requests that are no good: status and text, nothing repeated, nothing stored.</summary>
public sealed class RefusalTests : ApiHarness
{
    private const string Secret = "hunter2";

    public static TheoryData<string, string> Routes => new()
    {
        { "GET", "/scan/manifest/ID" }, { "DELETE", "/scan/manifest/ID" }, { "PATCH", "/scan/manifest/ID" },
        { "GET", "/scan/result/ID" }, { "DELETE", "/scan/result/ID" }, { "PUT", "/scan/result/ID" },
        { "GET", "/scan/ID" }, { "DELETE", "/scan/ID" }, { "GET", "/scan/ID/manifest" }, { "PATCH", "/scan/ID/manifest" },
        { "GET", "/scan/ID/result" }, { "PUT", "/scan/ID/result" }, { "GET", "/scan/ID/status" }, { "GET", "/scan/ID/logs" },
        { "GET", "/scan/ID/i3-event" }, { "GET", "/scan/ID/events" }, { "POST", "/scan/ID/actions/rescan" }, { "POST", "/scan/ID/actions/add-workers" },
        { "GET", "/scan/ID/ewms/workflow-id" }, { "POST", "/scan/ID/ewms/workflow-id" }, { "GET", "/scan/ID/ewms/workforce" },
        { "GET", "/scan/ID/ewms/taskforces" }, { "GET", "/scan-request/ID" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Request_IdOfNoScan_IsNotFoundWhateverItLooksLike(string method, string path)
    {
        foreach (string id in new[] { "hunter2", "a.b", "no%20id", "a%2Fb", "..%2F..%2Fetc", "%0d%0aSet-Cookie:x", new string('a', 65), "é", "manifest", "result" })
        {
            var (response, body) = await SendAsync(new(method), path.Replace("ID", id), GoodBody(method, path));
            Assert.True(
                response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed,
                $"{method} {path.Replace("ID", id)}: {response.StatusCode}");
            Assert.DoesNotContain(Secret, body.GetRawText() + response.ReasonPhrase);
            Assert.DoesNotContain(response.Headers, h => h.Key == "Set-Cookie");
        }

        Assert.Empty(Dapr.Keys);
        Assert.DoesNotContain(Secret, Log.Text);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Request_BodyIsNoObject_IsRefusedAndNothingIsKept(string method, string path)
    {
        string id = await LaunchedAsync();
        string[] before = [.. Dapr.Keys];
        foreach ((string body, string expected) in new[] { ("[\"hunter2\"]", "must be a JSON object"), ("{\"hunter2\": ", "not valid JSON"), ("hunter2", "not valid JSON"), ("\"hunter2\"", "must be a JSON object"), ("{} {}", "not valid JSON") })
        {
            string reason = await RefusedAsync(HttpStatusCode.BadRequest, new(method), path.Replace("ID", id), body);
            Assert.Contains(expected, reason);
            Assert.DoesNotContain(Secret, reason);
        }

        Assert.Equal(before, Dapr.Keys);
        Assert.DoesNotContain(Secret, Log.Text);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Request_UnknownArgument_IsRefusedInABodyThatWritesAndIgnoredElsewhere(string method, string path)
    {
        string id = await LaunchedAsync();
        string[] before = [.. Dapr.Keys];
        path = path.Replace("ID", id);
        if (method != "GET")
        {
            JsonObject body = JsonNode.Parse(GoodBody(method, path)!)!.AsObject();
            body[Secret] = Secret;
            string reason = await RefusedAsync(HttpStatusCode.BadRequest, new(method), path, body.ToJsonString());
            Assert.Contains("1 unknown argument(s)", reason);
            Assert.DoesNotContain(Secret, reason);
            Assert.Equal(before, Dapr.Keys);
        }
        else if (!path.EndsWith("/events", StringComparison.Ordinal))
        {
            Assert.NotEqual(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Get, $"{path}?{Secret}={Secret}")).Response.StatusCode);
            Assert.NotEqual(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Get, path, $$"""{"{{Secret}}": 1}""")).Response.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/scan/ID?include_deleted=hunter2", "'include_deleted': must be type 'boolean' (bool)")]
    [InlineData("GET", "/scan/ID?no_redirect=hunter2", "'no_redirect': must be type 'boolean' (bool)")]
    [InlineData("GET", "/scan/ID/manifest?include_deleted=&no_redirect=maybe", "'include_deleted'")]
    [InlineData("GET", "/scan/manifest/ID?include_deleted=2", "'include_deleted'")]
    [InlineData("GET", "/scan/result/ID?include_deleted=hunter2", "'include_deleted'")]
    [InlineData("GET", "/scan/ID/result?include_deleted=hunter2", "'include_deleted'")]
    [InlineData("GET", "/scan/ID/status?include_pod_statuses=hunter2", "'include_pod_statuses'")]
    [InlineData("DELETE", "/scan/ID?delete_completed_scan=hunter2", "'delete_completed_scan'")]
    [InlineData("POST", "/scan/ID/actions/rescan?abort_first=hunter2&replace_scan=hunter2", "'abort_first': must be type 'boolean' (bool): true or false; 'replace_scan'")]
    [InlineData("GET", "/scans?run_id=true&event_id=1.5&is_real_event=hunter2", "'run_id': must be type 'integer' (int); 'event_id': must be type 'integer' (int); 'is_real_event'")]
    [InlineData("GET", "/scans?run_id=99999999999999999999&event_id=&is_real_event=t", "'run_id': must be type 'integer' (int); 'event_id': must be type 'integer' (int)")]
    public async Task Query_Bad_SaysEveryFault(string method, string path, string expected)
    {
        string id = await LaunchedAsync();
        string[] before = [.. Dapr.Keys];
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, new(method), path.Replace("ID", id));
        Assert.Contains(expected, reason);
        Assert.DoesNotContain(Secret, reason + Log.Text);
        Assert.Equal(before, Dapr.Keys);
    }

    [Theory]
    [InlineData("PATCH", "/scan/ID/manifest", """{"progress": "hunter2"}""", "'progress': must be type 'object' (dict)")]
    [InlineData("PATCH", "/scan/ID/manifest", """{"progress": {"processing_stats": []}}""", "'processing_stats.runtime' is a required property")]
    [InlineData("PATCH", "/scan/ID/manifest", """{"event_metadata": {"run_id": "hunter2", "event_id": 1, "event_type": "", "mjd": 1, "is_real_event": true}}""", "'event_metadata': has a member")]
    [InlineData("PATCH", "/scan/ID/manifest", """{"scan_metadata": {"scan_id": null, "nside_progression": {}, "position_variations": 1}}""", "'scan_metadata': has a member")]
    [InlineData("POST", "/scan/ID/ewms/workflow-id", """{"workflow_id": "", "ewms_address": 5}""", "'workflow_id': must be type 'string' (str) and not empty; 'ewms_address'")]
    [InlineData("POST", "/scan/ID/actions/rescan", """{"manifest_projection": 5}""", "'manifest_projection': must be '*'")]
    [InlineData("DELETE", "/scan/ID", """{"manifest_projection": [1]}""", "'manifest_projection': must be '*'")]
    public async Task Body_Bad_SaysEveryFault(string method, string path, string body, string expected)
    {
        string id = await LaunchedAsync();
        string[] before = [.. Dapr.Keys];
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, new(method), path.Replace("ID", id), body);
        Assert.Contains(expected, reason);
        Assert.DoesNotContain(Secret, reason + Log.Text);
        Assert.Equal(before, Dapr.Keys);
    }

    [Theory]
    [InlineData("POST", "/scan/abc", 405)]
    [InlineData("PUT", "/scan", 405)]
    [InlineData("PATCH", "/scan/abc", 405)]
    [InlineData("POST", "/scan/abc/manifest", 405)]
    [InlineData("DELETE", "/scan/abc/result", 405)]
    [InlineData("POST", "/scan/abc/status", 405)]
    [InlineData("GET", "/scan/abc/actions/rescan", 405)]
    [InlineData("GET", "/scans/find", 405)]
    [InlineData("DELETE", "/scans/backlog", 405)]
    [InlineData("OPTIONS", "/scan", 405)]
    [InlineData("PATCH", "/scan/manifest", 404)]
    [InlineData("HEAD", "/scan/result", 404)]
    [InlineData("OPTIONS", "/scan/manifest", 404)]
    [InlineData("GET", "/scan/abc/nothing", 404)]
    [InlineData("GET", "/scan/abc/ewms", 404)]
    [InlineData("POST", "/", 405)]
    public async Task Request_NoSuchPlaceOrMethod_IsSaidInTheOneForm(string method, string path, int expected)
    {
        using HttpResponseMessage response = await Http.SendAsync(new(new(method), path));
        Assert.Equal(expected, (int)response.StatusCode);
        if (expected == 405) Assert.NotEmpty(response.Content.Headers.Allow);
        string body = await response.Content.ReadAsStringAsync();
        if (method != "HEAD") Assert.Equal(expected, JsonSerializer.Deserialize<JsonElement>(body).GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("/scan")]
    [InlineData("/scan/abc/actions/rescan")]
    [InlineData("/scans/find")]
    public async Task Body_InPiecesWithoutALengthAndTooLarge_IsRefusedAs413(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StreamContent(new MemoryStream(new byte[(16 << 20) + 1])) };
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using HttpResponseMessage response = await Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Contains("too large", await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            // The service hung up while we were still sending, which it may.
        }

        Assert.Empty(Dapr.Keys);
    }

    public static TheoryData<string, int, string> BrokenRequests => new()
    {
        { "hunter2\r\n\r\n", 400, "the request is not valid HTTP" },
        { "\x16\x03\x01 hunter2\r\n\r\n", 400, "the request is not valid HTTP" },
        { "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505, "this version of HTTP is not spoken here; use HTTP/1.1" },
        { "GET / HTTP/1.1\r\n\r\n", 400, "the request is not valid HTTP" },
        { "GET / HTTP/1.1\r\nHost: x\r\nhunter2\r\n\r\n", 400, "the request is not valid HTTP" },
        { "GET /%00hunter2 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "the request is not valid HTTP" },
        { "GET /hunter2%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "Not Found" },
        { $"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {new string('h', 40_000)}\r\n\r\n", 431, "the headers are too large" },
        { $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 200).Select(n => $"H{n}: hunter2\r\n"))}\r\n", 431, "the headers are too large" },
        { $"GET /scans?token={new string('h', 9000)} HTTP/1.1\r\nHost: x\r\n\r\n", 414, "the address with its query is too long; send arguments in a JSON body" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400, "the request is not valid HTTP" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: hunter2\r\n\r\n", 400, "the request is not valid HTTP" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n", 400, "the request could not be read" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nContent-Length: 16777217\r\n\r\n", 413, "the body is too large" },
        { "PUT /scan/abc/result HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 404, "there is no such scan" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: hunter2\r\nContent-Length: 2\r\n\r\n{}", 415, "this Content-Encoding is not known here; use one of: gzip, br, deflate" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}", 415, "this Content-Encoding is not known here; use one of: gzip, br, deflate" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nhunter2", 400, "the body is not what its Content-Encoding says" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: br\r\nContent-Length: 7\r\n\r\nhunter2", 400, "the body is not what its Content-Encoding says" },
        { "POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: deflate\r\nContent-Length: 7\r\n\r\nhunter2", 400, "the body is not what its Content-Encoding says" },
        { "POST /scan HTTP/1.0\r\n\r\n{\"hunter2\": 1}", 400, "the request is not valid HTTP" },
        { "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n", 405, "Method Not Allowed" },
        { "HUNTER2 /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "Method Not Allowed" },
        { "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "Method Not Allowed" },
    };

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task Request_RejectedByTheServerItself_HasTheFormOfEveryError(string request, int status, string reason)
    {
        string answer = await TalkAsync(request);
        Assert.StartsWith($"HTTP/1.1 {status} {reason}\r\n", answer);
        Assert.Contains("Content-Type: application/json; charset=utf-8\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($$"""{"code":{{status}},"error":"{{reason}}"}""", answer);
        Assert.DoesNotContain(Secret, answer + Log.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task Request_GoodOnesBeforeABrokenOne_AreAnsweredToo()
    {
        string answer = await TalkAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nhunter2\r\n\r\n");
        Assert.Equal([200, 404, 400], System.Text.RegularExpressions.Regex.Matches(answer, "HTTP/1.1 ([0-9]+) ").Select(m => int.Parse(m.Groups[1].Value)));
        Assert.EndsWith("""{"code":400,"error":"the request is not valid HTTP"}""", answer);
    }

    [Fact]
    public async Task Request_OldHttpVersion_IsServed()
    {
        string answer = await TalkAsync($"POST /scan HTTP/1.0\r\nContent-Length: {GoodLaunch().ToJsonString().Length}\r\n\r\n{GoodLaunch().ToJsonString()}");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
        Assert.DoesNotContain("Transfer-Encoding", answer);
        Assert.EndsWith("}", answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Type: text/plain\r\n")]
    [InlineData("Content-Type: nonsense\r\n")]
    [InlineData("Content-Type: application/x-www-form-urlencoded\r\n")]
    public async Task Body_OfWhateverTypeAndInPieces_IsReadAsJson(string type)
    {
        string body = GoodLaunch().ToJsonString();
        int half = body.Length / 2;
        string answer = await TalkAsync($"POST /scan HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{type}\r\n{half:x}\r\n{body[..half]}\r\n{body.Length - half:x}\r\n{body[half..]}\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
    }

    [Fact]
    public async Task Reason_LongOrOddText_IsOneStatusLine()
    {
        string answer = await TalkAsync("GET /scans?run_id=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 'event_id' is a required property; 'is_real_event' is a required property; 'run_id': must be type 'integer' (int)\r\n", answer);
        JsonObject many = GoodLaunch();
        foreach (string name in many.Select(m => m.Key).ToList()) many[name] = false;
        var (response, error) = await SendAsync(HttpMethod.Post, "/scan", many.ToJsonString());
        Assert.True(error.GetProperty("error").GetString()!.Length > 0);
        Assert.InRange(response.ReasonPhrase!.Length, 1, 500);
    }

    [Fact]
    public async Task Ready_SidecarIsDown_HasTheFormOfEveryError()
    {
        Dapr.IsDown = true;
        var (response, body) = await SendAsync(HttpMethod.Get, "/healthz/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 503, "sidecar: the Dapr sidecar is not ready"), (response.StatusCode, body.GetProperty("code").GetInt32(), body.GetProperty("error").GetString()));
        await OkAsync(HttpMethod.Get, "/healthz/live");
    }

    [Fact]
    public async Task Fault_InTheStore_IsNotRepeatedToTheCaller()
    {
        string id = await LaunchedAsync();
        Dapr.OnSave = _ => throw new InvalidOperationException("password=hunter2");
        Assert.Equal("internal error; the service's log has it", await RefusedAsync(HttpStatusCode.InternalServerError, HttpMethod.Delete, $"/scan/{id}"));
    }

    private static string? GoodBody(string method, string path) => (method, path) switch
    {
        ("GET", _) => null,
        ("PUT", _) => """{"skyscan_result": {"a": 1}, "is_final": false}""",
        (_, var p) when p.EndsWith("add-workers", StringComparison.Ordinal) => """{"n_workers": 1, "cluster_location": "local"}""",
        (_, var p) when p.EndsWith("workflow-id", StringComparison.Ordinal) => """{"workflow_id": "w", "ewms_address": "a"}""",
        _ => "{}",
    };

    /// <summary>Says exactly this on a socket.</summary>
    private async Task<string> TalkAsync(string request)
    {
        using TcpClient socket = new();
        await socket.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(limit.Token);
    }
}
