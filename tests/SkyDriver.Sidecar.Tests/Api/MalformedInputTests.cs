using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Hosting;

namespace SkyDriver.Sidecar.Tests.Api;

/// <summary>Every route of either port, taken from the host itself, against input that nobody should send.</summary>
public sealed partial class MalformedInputTests
{
    private const string Token = "s3cret-token";
    private const string Components = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec: { type: state.in-memory, metadata: [{ name: actorStateStore, value: "true" }] }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: pubsub }
        spec: { type: pubsub.in-memory }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: secrets }
        spec: { type: secretstores.local.env }
        """;

    /// <summary>Failures that Dapr words as 500, however the request is at fault.</summary>
    private static readonly string[] Fives =
    [
        "ERR_INVOKE_OUTPUT_BINDING", "ERR_DIRECT_INVOKE", "ERR_SECRET_GET", "ERR_HEALTH_APPID_NOT_MATCH", "ERR_START_WORKFLOW", "ERR_TERMINATE_WORKFLOW", "ERR_PAUSE_WORKFLOW",
        "ERR_RESUME_WORKFLOW", "ERR_PURGE_WORKFLOW", "ERR_RAISE_EVENT_WORKFLOW", "ERR_GET_WORKFLOW", "ERR_PUBSUB_CLOUD_EVENTS_SER", "ERR_PUBSUB_PUBLISH_MESSAGE", "ERR_API_UNIMPLEMENTED",
        "ERR_ACTOR_REMINDER_CREATE", "ERR_ACTOR_REMINDER_GET", "ERR_ACTOR_REMINDER_DELETE", "ERR_ACTOR_TIMER_CREATE", "ERR_ACTOR_TIMER_DELETE", "ERR_ACTOR_INVOKE_METHOD", "ERR_ACTOR_STATE_GET",
        "ERR_ACTOR_STATE_TRANSACTION_SAVE", "ERR_STATE_STORE_NOT_SUPPORTED", "ERR_STATE_TRANSACTION",
    ];

    private static readonly string[] Names = ["store", "pubsub", "dapr", "%00", "%ff%fe", "%2e%2e%2f%2e%2e", "a%7C%7Cb", "%F0%9F%94%AD", "%20", new('x', 3000), "'%22%3Cscript%3E"];

    private static readonly (byte[] Body, string? Type)[] Bodies =
    [
        ([], null), ([], "application/json"), ("{"u8.ToArray(), "application/json"), ("null"u8.ToArray(), "application/json"), ("7"u8.ToArray(), "application/json"),
        ("\"text\""u8.ToArray(), "application/json"), ("[]"u8.ToArray(), "application/json"), ("[1,null,[]]"u8.ToArray(), "application/json"), ("[{}]"u8.ToArray(), "application/json"),
        ("{\"key\":1,\"keys\":{},\"operations\":7,\"operation\":[],\"data\":{},\"metadata\":[1]}"u8.ToArray(), "application/json"),
        ("{\"operations\":[{\"operation\":\"upsert\"},{\"operation\":null,\"request\":[]}],\"keys\":[1,null,\"a||b\"]}"u8.ToArray(), "application/json"),
        ("[{\"key\":\"\",\"value\":1},{\"key\":null},{\"key\":\"k\",\"options\":7,\"etag\":{}}]"u8.ToArray(), "application/json"),
        ("{\"dueTime\":\"soon\",\"period\":-1,\"ttl\":{},\"data\":[]}"u8.ToArray(), "application/json"),
        ([0xff, 0xfe, 0x00, 0x80], "application/json"), ([0xff, 0xfe, 0x00, 0x80], "application/cloudevents+json"), ("{}"u8.ToArray(), "no/such; type=\"="),
        (Encoding.ASCII.GetBytes(new string('[', 100_000)), "application/json"), (Encoding.ASCII.GetBytes("{\"a\":" + new string('{', 5000)), "application/json"),
    ];

    [Fact]
    public async Task Http_EveryRoute_RefusesInKind()
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", ApiToken = Token });
        HttpClient http = host.Client(running, Token);
        List<string> wrong = [];
        int sent = 0;
        foreach ((string verb, string route) in HttpRoutes())
        {
            for (int i = 0; i < Math.Max(Names.Length, Bodies.Length); i++)
            {
                string path = Fill(route, i);
                (byte[] body, string? type) = Bodies[i % Bodies.Length];
                using HttpRequestMessage request = new(new HttpMethod(verb), new Uri(path, UriKind.Relative)) { Content = new ByteArrayContent(body) };
                if (type is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                using HttpResponseMessage response = await http.SendAsync(request);
                string answer = await response.Content.ReadAsStringAsync();
                sent++;
                bool isKnown = (int)response.StatusCode < 500 || Fives.Any(code => answer.Contains($"\"{code}\"", StringComparison.Ordinal));
                if (!isKnown || Leak().IsMatch(answer)) wrong.Add($"{verb} {path[..Math.Min(path.Length, 80)]} with body {i % Bodies.Length}: {(int)response.StatusCode} {answer[..Math.Min(answer.Length, 200)]}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {sent}:\n" + string.Join('\n', wrong.Take(40)));
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("/v1.0/healthz")).StatusCode);
    }

    [Theory]
    [InlineData("PATCH", "/v1.0/state/store", 405)]
    [InlineData("GET", "/v1.0/publish/pubsub/t", 405)]
    [InlineData("DELETE", "/v1.0/metadata", 405)]
    [InlineData("GET", "/v1.0/nothing", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("POST", "/v1.0/lock/x", 501)]
    public async Task Http_WrongVerbOrPath_IsSaid(string verb, string path, int status)
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app" });
        using HttpResponseMessage response = await host.Client(running).SendAsync(new(new HttpMethod(verb), path));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("POST /v1.0/state/store HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[{")]
    [InlineData("POST /v1.0/state/store HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\"k")]
    [InlineData("POST /v1.0/publish/pubsub/t HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999\r\n\r\n")]
    [InlineData("POST /v1.0/invoke/app/method/m HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf")]
    [InlineData("GET http://127.0.0.1:1/x HTTP/1.1\r\nHost: x\r\ndapr-app-id: app\r\n\r\n")]
    [InlineData("GET /v1.0/state/store/\u0001 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("no http at all\r\n\r\n")]
    public async Task Http_HalfSentOrNoHttp_LeavesTheSidecarWell(string raw)
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app" });
        for (int i = 0; i < 5; i++)
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, running.HttpPort);
            await socket.SendAsync(Encoding.Latin1.GetBytes(raw));
            socket.Shutdown(SocketShutdown.Send);
            byte[] answer = new byte[4096];
            int length = await ReceiveAsync(socket, answer);
            string text = Encoding.Latin1.GetString(answer, 0, length);
            Assert.DoesNotMatch(@"^HTTP/1.1 5(?!00 Internal Server Error\r\n(?s:.*)ERR_DIRECT_INVOKE)", text);
            Assert.DoesNotMatch(Leak(), text);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await host.Client(running).GetAsync("/v1.0/healthz")).StatusCode);
    }

    [Theory]
    [InlineData("POST", "/v1.0/state/store", false)]
    [InlineData("POST", "/v1.0/state/store", true)]
    [InlineData("POST", "/v1.0/publish/pubsub/t", true)]
    [InlineData("PUT", "/v1.0/metadata/k", false)]
    public async Task Http_OversizedBody_IsRefusedWithItsCode(string verb, string path, bool chunked)
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", MaxBodySize = 10_000 });
        using HttpRequestMessage request = new(new HttpMethod(verb), path) { Content = new ByteArrayContent(new byte[10_001]) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage response = await host.Client(running).SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("ERR_BODY_TOO_LARGE", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Grpc_EveryMethod_RefusesInKind()
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", ApiToken = Token });
        using HttpMessageInvoker http = new(new SocketsHttpHandler());
        List<string> wrong = [];
        foreach (string method in GrpcRoutes())
        {
            foreach ((string what, byte[] body, int[] codes) in Frames())
            {
                // What opens a stream or waits is ended by the deadline.
                (int status, string message) = await CallAsync(http, running.GrpcPort, method, body, "application/grpc", Token);
                bool isKnown = codes.Length == 0 ? status is not 2 : codes.Contains(status);
                if (!isKnown || Leak().IsMatch(message)) wrong.Add($"{method} with {what}: {status} {message}");
            }

            if (await CallAsync(http, running.GrpcPort, method, [], "application/json", Token) is not (-415, _)) wrong.Add($"{method}: JSON was not refused");
            if (await CallAsync(http, running.GrpcPort, method, [0, 0, 0, 0, 0], "application/grpc", "wrong") is not (16, _)) wrong.Add($"{method}: a wrong token was taken");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        Assert.Equal(HttpStatusCode.NoContent, (await host.Client(running).GetAsync("/v1.0/healthz")).StatusCode);
    }

    private static IEnumerable<(string What, byte[] Body, int[] Codes)> Frames()
    {
        byte[] tooLong = [0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(tooLong.AsSpan(1), (4 << 20) + 1);
        yield return ("an empty message", [0, 0, 0, 0, 0], []);
        yield return ("bytes that are no message", [0, 0, 0, 0, 3, 0xff, 0xff, 0xff], [3, 12, 13]);
        yield return ("a text that is no UTF-8", [0, 0, 0, 0, 4, 0x0a, 0x02, 0xff, 0xfe], []);
        yield return ("half a frame", [0, 0, 0, 0, 9, 1], [1, 3, 13]);
        yield return ("a compressed flag", [1, 0, 0, 0, 0], [12, 13]);
        yield return ("a message beyond the limit", tooLong, [8]);
    }

    private static async Task<(int Status, string Message)> CallAsync(HttpMessageInvoker http, int port, string method, byte[] body, string type, string token)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://127.0.0.1:{port}{method}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.Add("grpc-timeout", "300m");
        request.Headers.Add("dapr-api-token", token);
        using HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None);
        await response.Content.CopyToAsync(Stream.Null);
        if (response.StatusCode is not HttpStatusCode.OK) return (-(int)response.StatusCode, "");
        HttpResponseHeaders found = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        return (int.Parse(found.GetValues("grpc-status").First()), found.TryGetValues("grpc-message", out var message) ? string.Join("", message) : "");
    }

    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        try
        {
            return await socket.ReceiveAsync(buffer, deadline.Token);
        }
        catch (SocketException)
        {
            return 0;   // Reset: an answer too.
        }
    }

    private static string Fill(string route, int round)
    {
        int at = round;
        return Parameter().Replace(route, _ => Names[at++ % Names.Length]);
    }

    private static List<(string Verb, string Route)> HttpRoutes()
    {
        List<(string, string)> routes = [];
        foreach (RouteEndpoint route in Routes().Where(r => !IsGrpc(r) && r.RoutePattern.RawText is not (null or "{**path}" or "/v1.0/shutdown")))
        {
            IReadOnlyList<string> verbs = route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "DELETE"];
            routes.AddRange(verbs.Select(verb => (verb, "/" + route.RoutePattern.RawText!.TrimStart('/'))));
        }

        Assert.True(routes.Count > 40, "the host has more routes than that");
        return routes;
    }

    private static string[] GrpcRoutes() => [.. Routes().Where(IsGrpc).Select(r => r.RoutePattern.RawText!).Where(r => !r.EndsWith("/Shutdown", StringComparison.Ordinal)).Distinct()];

    private static bool IsGrpc(RouteEndpoint route) => route.RoutePattern.RawText is { } text && GrpcPath().IsMatch(text);

    private static RouteEndpoint[] Routes()
    {
        using ApiPipeline pipeline = new(SidecarModules.All, TimeProvider.System, NullLoggerFactory.Instance);
        return [.. pipeline.Routes];
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("^/(dapr\\.proto|TaskHub|grpc\\.reflection)")]
    private static partial Regex GrpcPath();

    /// <summary>Stack frames, names of types of .NET, folders, and the token.</summary>
    [GeneratedRegex(@"\n\s+at |\bSystem\.[A-Z]|\.cs:|/tmp/|/home/|s3cret-token")]
    private static partial Regex Leak();
}
