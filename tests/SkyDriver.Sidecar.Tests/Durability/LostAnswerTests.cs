using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Hosting;
using SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

namespace SkyDriver.Sidecar.Tests.Durability;

/// <summary>
/// A client whose connection breaks after the sidecar has done what it asked, and who asks again. With an ETag it learns that somebody
/// was first, and finds its own value; without one the same is done once more. Nothing is ever half done.
/// </summary>
public sealed class LostAnswerTests : IAsyncDisposable
{
    private const string Store = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec: { TYPE }
        """;

    private const string Conflict = "ERR_STATE_SAVE", Transaction = "ERR_STATE_TRANSACTION", Deletion = "ERR_STATE_DELETE";

    private TestHost? _host;
    private CuttableRelay? _relay;
    private HttpClient _direct = null!;

    /// <summary>What the store is made of; the last needs a server.</summary>
    public static TheoryData<string> Stores => ["state.in-memory", "state.sqlite", "state.postgresql"];

    public async ValueTask DisposeAsync()
    {
        if (_relay is not null) await _relay.DisposeAsync();
        if (_host is not null) await _host.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Save_WithETag_TheSecondTryConflictsAndTheValueIsThere(string type)
    {
        await StartAsync(WithStore(type));
        await SendAsync(HttpMethod.Post, "state/store", """[{"key":"k","value":"old"}]""");
        string save = $$"""[{"key":"k","value":"new","etag":"{{await ETagAsync("k")}}"}]""";
        await LoseAsync(HttpMethod.Post, "state/store", save);
        Assert.Equal((HttpStatusCode.Conflict, Conflict), await SendAsync(HttpMethod.Post, "state/store", save));
        Assert.Equal("\"new\"", await GetAsync("k"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Save_AsTheFirst_TheSecondTryConflictsAndTheValueIsThere(string type)
    {
        await StartAsync(WithStore(type));
        const string Save = """[{"key":"k","value":"first","options":{"concurrency":"first-write"}}]""";
        await LoseAsync(HttpMethod.Post, "state/store", Save);
        Assert.Equal((HttpStatusCode.Conflict, Conflict), await SendAsync(HttpMethod.Post, "state/store", Save));
        Assert.Equal("\"first\"", await GetAsync("k"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Delete_WithETag_TheSecondTryConflictsAndTheKeyIsGone(string type)
    {
        await StartAsync(WithStore(type));
        await SendAsync(HttpMethod.Post, "state/store", """[{"key":"k","value":"old"}]""");
        string etag = await ETagAsync("k");
        await LoseAsync(HttpMethod.Delete, "state/store/k", null, etag);
        Assert.Equal((HttpStatusCode.Conflict, Deletion), await SendAsync(HttpMethod.Delete, "state/store/k", null, etag));
        Assert.Null(await GetAsync("k"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Transaction_WithETag_TheSecondTryFailsAndAllOfTheFirstIsThere(string type)
    {
        await StartAsync(WithStore(type));
        await SendAsync(HttpMethod.Post, "state/store", """[{"key":"a","value":0},{"key":"gone","value":0}]""");
        string both = $$"""
            {"operations":[{"operation":"upsert","request":{"key":"a","value":1,"etag":"{{await ETagAsync("a")}}"} },
            {"operation":"upsert","request":{"key":"b","value":1} },{"operation":"delete","request":{"key":"gone"} }]}
            """;
        await LoseAsync(HttpMethod.Post, "state/store/transaction", both);
        Assert.Equal(("1", "1", null), (await GetAsync("a"), await GetAsync("b"), await GetAsync("gone")));
        Assert.Equal((HttpStatusCode.InternalServerError, Transaction), await SendAsync(HttpMethod.Post, "state/store/transaction", both));
        Assert.Equal(("1", "1", null), (await GetAsync("a"), await GetAsync("b"), await GetAsync("gone")));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Transaction_WithoutETags_IsDoneAgainWithTheSameEnd(string type)
    {
        await StartAsync(WithStore(type));
        const string Both = """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}},{"operation":"delete","request":{"key":"b"}}]}""";
        await LoseAsync(HttpMethod.Post, "state/store/transaction", Both);
        Assert.Equal((HttpStatusCode.NoContent, null), await SendAsync(HttpMethod.Post, "state/store/transaction", Both));
        Assert.Equal(("1", null), (await GetAsync("a"), await GetAsync("b")));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Request_BrokenOffHalfway_ChangesNothing(string type)
    {
        int port = await StartAsync(WithStore(type));
        const string Both = """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}},{"operation":"upsert","request":{"key":"b","value":1}}]}""";
        using (Socket socket = new(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /v1.0/state/store/transaction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Both.Length}\r\n\r\n{Both[..^1]}"));
            socket.Shutdown(SocketShutdown.Send);
            // Ends when the sidecar has given up the request, with an answer or without.
            await Until.EndsAsync(Task.WhenAny(socket.ReceiveAsync(new byte[1])), "the end of a request that broke off");
        }

        Assert.Equal((null, null), (await GetAsync("a"), await GetAsync("b")));
    }

    [Theory]
    [InlineData("pubsub.in-memory")]
    [InlineData("pubsub.rabbitmq")]
    public async Task BulkPublish_AskedTwice_EachEntryArrivesTwiceAndNoneOnce(string type)
    {
        const int Entries = 40;
        string topic = "lost-" + Guid.NewGuid().ToString("N");
        await using RabbitServer? server = type is "pubsub.rabbitmq" ? new RabbitServer(topic, "app") : null;
        ConcurrentDictionary<int, int> seen = [];
        await StartAsync(
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: pubsub }
            spec: { type: {{type}}, metadata: [{{(server is null ? "" : $"{{ name: connectionString, value: '{server.Address}' }}, {{ name: deletedWhenUnused, value: 'false' }}")}}] }
            """,
            async context =>
            {
                if (context.Request.Path == "/dapr/subscribe") await context.Response.WriteAsync($$"""[{"pubsubname":"pubsub","topic":"{{topic}}","route":"/t"}]""");
                if (context.Request.Path != "/t") return;
                using JsonDocument envelope = await JsonDocument.ParseAsync(context.Request.Body);
                seen.AddOrUpdate(envelope.RootElement.GetProperty("data").GetInt32(), 1, static (_, times) => times + 1);
            });
        string body = "[" + string.Join(',', Enumerable.Range(0, Entries).Select(i => $$"""{"entryId":"{{i}}","event":{{i}},"contentType":"application/json"}""")) + "]";
        await LoseAsync(HttpMethod.Post, "publish/bulk/pubsub/" + topic, body);
        await Until.HoldsAsync(() => seen.Count == Entries, "all entries of the call whose answer was lost arrive");
        Assert.Equal((HttpStatusCode.NoContent, null), await SendAsync(HttpMethod.Post, "publish/bulk/pubsub/" + topic, body));
        await Until.HoldsAsync(() => seen.Values.Sum() >= 2 * Entries, "all entries of the second call arrive");
        Assert.All(seen, entry => Assert.Equal(2, entry.Value));
    }

    private static string WithStore(string type)
    {
        string metadata = "";
        if (type is "state.sqlite") metadata = "{ name: connectionString, value: lost.db }";
        if (type is "state.postgresql")
        {
            string? server = Environment.GetEnvironmentVariable("CONFORMANCE_POSTGRESQL");
            Assert.SkipWhen(string.IsNullOrEmpty(server), "CONFORMANCE_POSTGRESQL is not set; tests/servers start DIR starts a server and prints it");
            // Keys of a test's own in the tables that all tests share.
            metadata = $"{{ name: connectionString, value: \"{server}\" }}, {{ name: keyPrefix, value: {Guid.NewGuid():N} }}";
        }

        return Store.Replace("TYPE", $"type: {type}, metadata: [{metadata}]", StringComparison.Ordinal);
    }

    private async Task<int> StartAsync(string component, RequestDelegate? app = null)
    {
        _host = new(component);
        int appPort = app is null ? 0 : await _host.ServeAsync(app);
        RunningInstance running = await _host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = appPort });
        _direct = _host.Client(running);
        _relay = new(new IPEndPoint(IPAddress.Loopback, running.HttpPort));
        return running.HttpPort;
    }

    /// <summary>Asks over a connection that breaks before the answer.</summary>
    private async Task LoseAsync(HttpMethod method, string route, string? body, string? etag = null)
    {
        _relay!.LoseAnswers(1);
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{_relay.Port}"), Timeout = Until.Patience };
        await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(Request(method, route, body, etag)));
    }

    private async Task<(HttpStatusCode Status, string? Error)> SendAsync(HttpMethod method, string route, string? body, string? etag = null)
    {
        using HttpResponseMessage response = await _direct.SendAsync(Request(method, route, body, etag));
        string answer = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, answer.Length == 0 ? null : JsonDocument.Parse(answer).RootElement.GetProperty("errorCode").GetString());
    }

    private static HttpRequestMessage Request(HttpMethod method, string route, string? body, string? etag)
    {
        HttpRequestMessage request = new(method, "/v1.0/" + route);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (etag is not null) request.Headers.TryAddWithoutValidation("If-Match", etag);
        return request;
    }

    private async Task<string> ETagAsync(string key)
    {
        using HttpResponseMessage response = await _direct.GetAsync("/v1.0/state/store/" + key);
        return response.Headers.NonValidated["ETag"].ToString();
    }

    private async Task<string?> GetAsync(string key)
    {
        using HttpResponseMessage response = await _direct.GetAsync("/v1.0/state/store/" + key);
        return response.StatusCode is HttpStatusCode.NoContent ? null : await response.Content.ReadAsStringAsync();
    }
}
