using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Reflection;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Tests.Hosting;

public sealed class ProcessContractTests
{
    private const string PubSub = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: pubsub }\nspec: { type: pubsub.in-memory }\n";
    private const string Actors = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: store }\nspec: { type: state.in-memory, metadata: [{ name: actorStateStore, value: 'true' }] }\n";

    [Fact]
    public async Task Token_BothWays_IsAskedForAndPresented()
    {
        await using TestHost host = new();
        string? presented = null;
        int port = await host.ServeAsync(context =>
        {
            presented = context.Request.Headers["dapr-api-token"];
            return Task.CompletedTask;
        });
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port, ApiToken = "in", AppToken = "out" });
        HttpClient without = host.Client(running);
        foreach (string open in (string[])["/v1.0/healthz", "/v1.0/healthz/outbound"]) Assert.Equal(HttpStatusCode.NoContent, (await without.GetAsync(open)).StatusCode);
        using HttpResponseMessage refused = await without.GetAsync("/v1.0/metadata");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("invalid api token", await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await host.Client(running, "in").GetAsync("/v1.0/invoke/app/method/x")).StatusCode);
        Assert.Equal("out", presented);
        using GrpcConnection wrong = new($"http://127.0.0.1:{running.GrpcPort}", new() { ApiToken = "other" }), right = new($"http://127.0.0.1:{running.GrpcPort}", new() { ApiToken = "in" });
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => MetadataAsync(wrong))).StatusCode);
        Assert.Equal("app", (await MetadataAsync(right)).Id);
    }

    [Fact]
    public async Task Health_BeforeTheAppListens_IsOutboundOnly()
    {
        await using TestHost host = new();
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        HttpClient http = host.Client(await host.StartAsync(new InstanceSettings { AppId = "app", AppPort = port }));
        await TestHost.UntilAsync(async () => (await http.GetAsync("/v1.0/healthz/outbound")).StatusCode is HttpStatusCode.NoContent);
        Assert.Contains("ERR_HEALTH_NOT_READY", await (await http.GetAsync("/v1.0/healthz")).Content.ReadAsStringAsync());
        using TcpListener app = new(IPAddress.Loopback, port);
        app.Start();
        using CancellationTokenSource end = new();
        Task serving = AnswerNotFoundAsync(app, end.Token);
        await TestHost.UntilAsync(async () => (await http.GetAsync("/v1.0/healthz?appid=app")).StatusCode is HttpStatusCode.NoContent);
        using HttpResponseMessage other = await http.GetAsync("/v1.0/healthz?appid=other");
        Assert.Equal(HttpStatusCode.InternalServerError, other.StatusCode);
        Assert.Contains("ERR_HEALTH_APPID_NOT_MATCH", await other.Content.ReadAsStringAsync());
        await end.CancelAsync();
        await Until.EndsAsync(serving);
    }

    [Fact]
    public async Task AppHealth_Lost_WithholdsAndOneSuccessRestores()
    {
        await using TestHost host = new(PubSub, Actors);
        int status = 200, delivered = 0;
        int port = await host.ServeAsync(context =>
        {
            switch (context.Request.Path.Value)
            {
                case "/healthz": context.Response.StatusCode = Volatile.Read(ref status); return Task.CompletedTask;
                case "/dapr/config": return context.Response.WriteAsync("{\"entities\":[\"T\"]}");
                case "/dapr/subscribe": return context.Response.WriteAsync("[{\"pubsubname\":\"pubsub\",\"topic\":\"t\",\"route\":\"/t\"}]");
                case "/t": Interlocked.Increment(ref delivered); return Task.CompletedTask;
                default: return Task.CompletedTask;
            }
        });
        AppHealthSettings health = new("/healthz", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), 2);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port, HealthCheck = health });
        HttpClient http = host.Client(running);
        List<bool> changes = [];
        running.Instance.HealthChanged += instance => changes.Add(instance.IsHealthy);
        await TestHost.UntilAsync(() => Task.FromResult(running.Instance.IsHealthy && running.Sidecar.Subscriptions.Specs.Any()));
        Assert.Equal(HttpStatusCode.OK, await ActorAsync(http));
        Volatile.Write(ref status, 500);
        await TestHost.UntilAsync(() => Task.FromResult(!running.Instance.IsHealthy && !running.Sidecar.Subscriptions.Specs.Any()));
        (await http.PostAsync("/v1.0/publish/pubsub/t", new StringContent("x"))).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.NotFound, await ActorAsync(http));
        Assert.Contains("not in a healthy state", await (await http.GetAsync("/v1.0/invoke/app/method/x")).Content.ReadAsStringAsync());
        Assert.Equal(0, Volatile.Read(ref delivered));
        Volatile.Write(ref status, 204);
        await TestHost.UntilAsync(() => Task.FromResult(Volatile.Read(ref delivered) == 1));
        Assert.Equal(HttpStatusCode.OK, await ActorAsync(http));
        Assert.Equal([false, true], changes.TakeLast(2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_WithADeliveryAtTheApp_WaitsUnlessItIsForced(bool atOnce)
    {
        await using TestHost host = new(PubSub);
        TaskCompletionSource arrived = new(), answer = new();
        bool finished = false;
        int port = await host.ServeAsync(async context =>
        {
            if (context.Request.Path == "/dapr/subscribe") await context.Response.WriteAsync("[{\"pubsubname\":\"pubsub\",\"topic\":\"t\",\"route\":\"/t\"}]");
            if (context.Request.Path != "/t") return;
            arrived.SetResult();
            await answer.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            finished = !context.RequestAborted.IsCancellationRequested;
        });
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port, GracefulShutdown = TimeSpan.FromSeconds(60) });
        (await host.Client(running).PostAsync("/v1.0/publish/pubsub/t", new StringContent("x"))).EnsureSuccessStatusCode();
        await Until.EndsAsync(arrived.Task);
        using HttpRequestMessage shutdown = new(HttpMethod.Post, "/v1.0/shutdown");
        if (atOnce) shutdown.Headers.Add("dapr-force-shutdown", "true");
        Assert.Equal(HttpStatusCode.NoContent, (await host.Client(running).SendAsync(shutdown)).StatusCode);
        Assert.Equal(atOnce, await running.Sidecar.StopAsked);
        Task stopping = host.Host.StopInstanceAsync(running, atOnce);
        if (!atOnce)
        {
            Assert.False(stopping.IsCompleted);
            answer.SetResult();
        }

        await Until.EndsAsync(stopping);
        Assert.Equal(!atOnce, finished);
        answer.TrySetResult();
    }

    [Fact]
    public async Task Block_OfTheShutdown_EndsWhenTheAppIsUnwell()
    {
        await using TestHost host = new();
        int status = 200;
        int port = await host.ServeAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/healthz" ? Volatile.Read(ref status) : 404;
            return Task.CompletedTask;
        });
        AppHealthSettings health = new("/healthz", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), 1);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port, HealthCheck = health, BlockShutdown = TimeSpan.FromHours(1) });
        await TestHost.UntilAsync(() => Task.FromResult(running.Instance.IsHealthy));
        Task stopping = host.Host.StopInstanceAsync(running, isDead: false);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Client(running).GetAsync("/v1.0/healthz")).StatusCode);
        Volatile.Write(ref status, 500);
        await Until.EndsAsync(stopping);
    }

    [Fact]
    public async Task Metadata_HttpAndGrpc_AreComplete()
    {
        await using TestHost host = new(PubSub, Actors, "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: c }\nspec: { features: [{ name: HotReload, enabled: true }, { name: Off, enabled: false }] }\n");
        int port = await host.ServeAsync(context => context.Request.Path == "/dapr/config" ? context.Response.WriteAsync("{\"entities\":[\"T\"]}") : Task.CompletedTask);
        AppHealthSettings health = AppHealthSettings.Default;
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port, AppMaxConcurrency = 7, HealthCheck = health });
        HttpClient http = host.Client(running);
        Assert.Equal(HttpStatusCode.NoContent, (await http.PutAsync("/v1.0/metadata/colour", new StringContent("blue"))).StatusCode);
        using JsonDocument json = JsonDocument.Parse(await http.GetStringAsync("/v1.0/metadata"));
        JsonElement root = json.RootElement;
        Assert.Equal(
            ["actorRuntime", "actors", "appConnectionProperties", "components", "enabledFeatures", "extended", "httpEndpoints", "id", "runtimeVersion", "scheduler", "subscriptions", "workflows"],
            root.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["HotReload"], root.GetProperty("enabledFeatures").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal("blue", root.GetProperty("extended").GetProperty("colour").GetString());
        Assert.Equal(
            $$$"""{"port":{{{port}}},"protocol":"http","channelAddress":"127.0.0.1","maxConcurrency":7,"health":{"healthCheckPath":"/healthz","healthProbeInterval":"5s","healthProbeTimeout":"500ms","healthThreshold":3}}""",
            root.GetProperty("appConnectionProperties").GetRawText());
        using GrpcConnection grpc = new($"http://127.0.0.1:{running.GrpcPort}");
        GetMetadataResponse same = await MetadataAsync(grpc);
        Assert.Equal(("app", "500ms", "blue", "HotReload"), (same.Id, same.AppConnectionProperties.Health.HealthProbeTimeout, same.ExtendedMetadata["colour"], same.EnabledFeatures.Single()));
        Assert.Equal(["pubsub", "store"], same.RegisteredComponents.Select(c => c.Name).Order());
    }

    [Fact]
    public async Task Reflection_ListsAllServices()
    {
        await using TestHost host = new();
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app" });
        using GrpcConnection grpc = new($"http://127.0.0.1:{running.GrpcPort}");
        using var call = grpc.Duplex("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser);
        await call.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        await foreach (ServerReflectionResponse answer in call.ReadAllAsync())
        {
            string[] names = [.. answer.ListServicesResponse.Service.Select(s => s.Name)];
            Assert.Contains("dapr.proto.runtime.v1.Dapr", names);
            Assert.Contains("TaskHubSidecarService", names);
            break;
        }
    }

    [Fact]
    public async Task Sockets_InPlaceOfPorts_ServeAndAreRemoved()
    {
        await using TestHost host = new();
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", SocketFolder = host.Folder });
        string path = Path.Combine(host.Folder, "dapr-app-http.socket");
        using HttpClient http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("http://localhost/v1.0/healthz")).StatusCode);
        Assert.True(File.Exists(Path.Combine(host.Folder, "dapr-app-grpc.socket")));
        await host.Host.StopInstanceAsync(running, isDead: true);
        Assert.Empty(Directory.GetFiles(host.Folder, "*.socket"));
    }

    [Fact]
    public async Task Headers_BeyondTheReadBuffer_AreRefused()
    {
        await using TestHost host = new();
        HttpClient http = host.Client(await host.StartReadyAsync(new InstanceSettings { AppId = "app", ReadBufferSize = 4096 }));
        using HttpRequestMessage fits = new(HttpMethod.Get, "/v1.0/healthz") { Headers = { { "x-own", new string('x', 3500) } } };
        using HttpRequestMessage tooLong = new(HttpMethod.Get, "/v1.0/healthz") { Headers = { { "x-own", new string('x', 4200) } } };
        Assert.Equal(HttpStatusCode.NoContent, (await http.SendAsync(fits)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await http.SendAsync(tooLong)).StatusCode);
    }

    [Theory]
    [InlineData("allowed: [{ name: state, version: v1.0, protocol: http }]", 204, 404, StatusCode.OK)]
    [InlineData("denied: [{ name: state, version: v1.0, protocol: http }]", 404, 200, StatusCode.OK)]
    [InlineData("allowed: [{ name: state }]", 204, 404, StatusCode.Unimplemented)]
    [InlineData("denied: [{ name: metadata, version: v1, protocol: grpc }]", 204, 200, StatusCode.Unimplemented)]
    public async Task Api_RulesOfTheConfiguration_CloseTheRest(string rules, int state, int metadata, StatusCode grpcMetadata)
    {
        await using TestHost host = new(Actors, $"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{ name: c }}\nspec: {{ api: {{ {rules} }} }}\n");
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app" });
        HttpClient http = host.Client(running);
        Assert.Equal((state, metadata), ((int)(await http.GetAsync("/v1.0/state/store/k")).StatusCode, (int)(await http.GetAsync("/v1.0/metadata")).StatusCode));
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("/v1.0/healthz")).StatusCode);
        using GrpcConnection grpc = new($"http://127.0.0.1:{running.GrpcPort}");
        StatusCode got = StatusCode.OK;
        try
        {
            await MetadataAsync(grpc);
        }
        catch (RpcException refused)
        {
            got = refused.StatusCode;
        }

        Assert.Equal(grpcMetadata, got);
    }

    private static Task<GetMetadataResponse> MetadataAsync(GrpcConnection grpc) => grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser);

    private static async Task<HttpStatusCode> ActorAsync(HttpClient http)
    {
        using HttpResponseMessage response = await http.PutAsync("/v1.0/actors/T/1/method/m", null);
        return response.StatusCode;
    }

    private static async Task AnswerNotFoundAsync(TcpListener listener, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using Socket socket = await listener.AcceptSocketAsync(end);
                using CancellationTokenSource soon = CancellationTokenSource.CreateLinkedTokenSource(end);
                soon.CancelAfter(TimeSpan.FromSeconds(5));
                if (await socket.ReceiveAsync(new byte[4096], soon.Token) > 0) await socket.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), soon.Token);
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException)
            {
                // The test is over, or one probe was.
            }
        }
    }
}
