using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Sidecar.Tests.Run;

public sealed class RunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("run-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Arguments_AllWrong_AreAllNamed()
    {
        FormatException fault = Assert.Throws<FormatException>(() => RunArguments.Parse(["--dapr-http-port", "many", "--colour", "red", "--env", "novalue"]));
        foreach (string word in new[] { "--dapr-http-port", "--colour", "--env", "-f FILE" }) Assert.Contains(word, fault.Message);
    }

    [Fact]
    public void Arguments_OfOneApp_LikeDaprRun()
    {
        RunArguments parsed = RunArguments.Parse(["--app-id", "a", "-p", "0", "--resources-path", "/r", "--", "cmd", "--app-id", "x"]);
        Assert.Equal("a", parsed.AppId);
        Assert.Equal(0, parsed.AppPorts[""]);
        Assert.Equal(["cmd", "--app-id", "x"], parsed.Command);
    }

    [Fact]
    public void Template_CommonAndOwn_AreMerged()
    {
        IReadOnlyList<RunApp> apps = RunTemplate.Read(Write("""
            version: 1
            common: { resourcesPaths: [./res], env: { A: "1", B: "1" } }
            apps:
              - { appID: one, appDirPath: ., appPort: 1234, command: [run, it], env: { B: "2" } }
              - { appDirPath: ./two, command: [go], resourcesPath: own }
            """));
        Assert.Equal("one", apps[0].AppId);
        Assert.Equal(1234, apps[0].AppPort);
        Assert.Equal([("A", "1"), ("B", "2")], apps[0].Environment.Select(e => (e.Key, e.Value)).Order());
        Assert.Equal([Path.Combine(_folder, "res")], apps[0].ResourcePaths);
        Assert.Equal("two", apps[1].AppId);
        Assert.Null(apps[1].AppPort);
        Assert.Equal([Path.Combine(_folder, "two", "own")], apps[1].ResourcePaths);
    }

    [Fact]
    public void Arguments_OfTheSidecar_AreHandedOn()
    {
        RunArguments parsed = RunArguments.Parse(["--app-id", "a", "--enable-app-health-check", "--app-health-check-path", "/h", "--max-body-size=1Mi", "-u", "/s", "--app-ssl", "--app-channel-address", "::1", "--", "cmd"]);
        Assert.Equal(["--enable-app-health-check", "--app-health-check-path=/h", "--max-body-size=1Mi", "--unix-domain-socket=/s"], parsed.SidecarOptions);
        Assert.Equal(("https", "::1"), (parsed.AppProtocol, parsed.AppAddress));
    }

    [Fact]
    public void Template_KeysOfTheSidecar_AreItsOptions()
    {
        IReadOnlyList<RunApp> apps = RunTemplate.Read(Write("""
            version: 1
            common: { maxBodySize: 1Mi, enableAppHealthCheck: true, appHealthProbeInterval: 0, apiListenAddresses: "127.0.0.1,127.0.0.2", appSSL: true }
            apps:
              - { appID: one, appDirPath: one, command: [a], maxBodySize: 2Mi, appHealthCheckPath: /well, appHealthProbeInterval: 7, appHealthProbeTimeout: 8, appHealthThreshold: 9 }
              - { appID: two, appDirPath: two, command: [a], unixDomainSocket: s, daprHTTPReadBufferSize: 8, enableApiLogging: true, enableAppHealthCheck: false }
            """));
        InstanceSettings one = Settings(apps[0]), two = Settings(apps[1]);
        Assert.Equal(new AppHealthSettings("/well", TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(8), 9), one.HealthCheck);
        Assert.Equal((2 << 20, 1 << 20, 8 << 10), (one.MaxBodySize, two.MaxBodySize, two.ReadBufferSize));
        Assert.Equal(["127.0.0.1", "127.0.0.2"], two.ListenAddresses);
        Assert.Equal((null, true, Path.Combine(_folder, "two", "s"), "https"), (two.HealthCheck, two.ApiLogging, two.SocketFolder, apps[1].AppProtocol));

        static InstanceSettings Settings(RunApp app) => SidecarArguments.Parse(["--app-id", app.AppId, .. app.SidecarOptions], _ => null).Settings;
    }

    [Fact]
    public async Task Host_OptionsOfTheSidecar_AreHonoured()
    {
        await using SharedHost host = SharedHost.Open(_folder);
        await using ISidecarInstance small = await host.AddAsync(new InstanceOptions { AppId = "small", SidecarOptions = ["--max-body-size=1Ki", $"--unix-domain-socket={_folder}"] }, CancellationToken.None);
        await using ISidecarInstance usual = await host.AddAsync(new InstanceOptions { AppId = "usual" }, CancellationToken.None);
        Assert.Equal(new InstancePorts(0, 0), small.Ports);
        using HttpClient overSocket = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_folder, "dapr-small-http.socket")), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://sidecar") };
        using HttpClient overPort = new() { BaseAddress = new Uri($"http://127.0.0.1:{usual.Ports.Http}") };
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await InvokeAsync(overSocket));
        Assert.Equal(HttpStatusCode.BadRequest, await InvokeAsync(overPort));
        using GrpcConnection smallGrpc = new("unix://" + Path.Combine(_folder, "dapr-small-grpc.socket")), usualGrpc = new($"http://127.0.0.1:{usual.Ports.Grpc}");
        Assert.Equal(StatusCode.ResourceExhausted, await PublishGrpcAsync(smallGrpc));
        Assert.Equal(StatusCode.FailedPrecondition, await PublishGrpcAsync(usualGrpc));

        static async Task<HttpStatusCode> InvokeAsync(HttpClient http) => (await http.PostAsync("/v1.0/bindings/none", new ByteArrayContent(new byte[2000]))).StatusCode;

        static async Task<StatusCode> PublishGrpcAsync(GrpcConnection grpc)
        {
            PublishEventRequest request = new() { PubsubName = "none", Topic = "t", Data = Google.Protobuf.ByteString.CopyFrom(new byte[2000]) };
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/PublishEvent", request, Google.Protobuf.WellKnownTypes.Empty.Parser));
            return refusal.StatusCode;
        }
    }

    [Fact]
    public void Template_Wrong_SaysEverythingWithItsPlace()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => RunTemplate.Read(Write("version: 2\napps: [{ appID: a, appPort: x, maxBodySize: huge, apiListenAddresses: home, enableAppHealthCheck: perhaps }]")));
        foreach (string word in new[] { "version", "appDirPath", "command", "appPort", "maxBodySize: 'huge' must", "apiListenAddresses: 'home' must", "enableAppHealthCheck: 'perhaps' must" }) Assert.Contains(fault.Faults, f => f.Contains(word) && f.Contains("dapr.yaml"));
    }

    [Fact]
    public async Task File_OneAppEnds_TheOthersAreEndedAndItFails()
    {
        RecordingHost host = new();
        string file = Write("""
            version: 1
            apps:
              - { appID: short, appDirPath: ., command: [/bin/sh, -c, "exit 3"] }
              - { appID: long, appDirPath: ., command: [/bin/sh, -c, "exec tail -f /dev/null"] }
            """);
        Assert.Equal(1, await new MultiAppRun(host, RunArguments.Parse(["-f", file])).ExecuteAsync(CancellationToken.None));
        Assert.Equal(["long", "short"], host.Added.Select(o => o.AppId).Order());
        Assert.Equal(2, host.Left);
    }

    [Fact]
    public async Task File_ToldToStop_EndsAppsBeforeTheirSidecars()
    {
        RecordingHost host = new();
        string noted = Path.Combine(_folder, "noted");
        string file = Write($$"""
            version: 1
            apps:
              - { appID: app, appDirPath: ., appPort: 1, command: [/bin/sh, -c, "trap 'echo $APP_ID $APP_PORT $DAPR_HTTP_PORT $X > {{noted}}; kill $!; exit 0' TERM; touch {{noted}}.up; tail -f /dev/null & wait"] }
            """);
        using CancellationTokenSource stop = new();
        Task<int> run = new MultiAppRun(host, RunArguments.Parse(["-f", file, "--env", "X=y", "--app-port", "app=77"])).ExecuteAsync(stop.Token);
        host.OnLeave = () => Assert.True(File.Exists(noted), "the app ended first");
        while (!File.Exists(noted + ".up")) await Task.Yield();
        await stop.CancelAsync();
        Assert.Equal(0, await run);
        Assert.Equal("app 77 4001 y", (await File.ReadAllTextAsync(noted)).Trim());
        Assert.Equal(1, host.Left);
    }

    [Fact]
    public async Task Join_OverTheSocket_IsAnInstanceUntilTheConnectionEnds()
    {
        RecordingHost host = new();
        await using JoinListener listener = JoinListener.Start(host);
        ISidecarInstance joined = await new JoinedHost(listener.Path).AddAsync(new InstanceOptions { AppId = "worker", AppPort = 5 }, CancellationToken.None);
        Assert.Equal(new InstancePorts(4001, 5001), joined.Ports);
        Assert.Equal("worker", Assert.Single(host.Added).AppId);
        Task left = host.WhenLeft;
        await joined.DisposeAsync();
        await Until.EndsAsync(left);
        Assert.Equal(1, host.Left);
    }

    [Fact]
    public async Task Join_NoHostThere_SaysWhatIsMissing()
    {
        FormatException fault = await Assert.ThrowsAsync<FormatException>(() => new JoinedHost(Path.Combine(_folder, "none.sock")).AddAsync(new InstanceOptions { AppId = "a" }, CancellationToken.None));
        Assert.Contains("SIDECAR_HOST_SOCKET", fault.Message);
    }

    private string Write(string yaml)
    {
        string file = Path.Combine(_folder, "dapr.yaml");
        File.WriteAllText(file, yaml);
        return file;
    }

    private sealed class RecordingHost : ISidecarHost
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public System.Collections.Concurrent.ConcurrentQueue<InstanceOptions> Added { get; } = [];

        public int Left => _count;

        public Task WhenLeft => _left.Task;

        public Task<string> Failed { get; } = new TaskCompletionSource<string>().Task;

        public Action? OnLeave { get; set; }

        public Task<ISidecarInstance> AddAsync(InstanceOptions options, CancellationToken ct)
        {
            Added.Enqueue(options);
            return Task.FromResult<ISidecarInstance>(new Instance(this));
        }

        private sealed class Instance(RecordingHost host) : ISidecarInstance
        {
            public InstancePorts Ports { get; } = new(4001, 5001);

            public ValueTask DisposeAsync()
            {
                host.OnLeave?.Invoke();
                Interlocked.Increment(ref host._count);
                host._left.TrySetResult();
                return ValueTask.CompletedTask;
            }
        }
    }
}
