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
    public void Template_Wrong_SaysEverythingWithItsPlace()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => RunTemplate.Read(Write("version: 2\napps: [{ appID: a, appPort: x }]")));
        foreach (string word in new[] { "version", "appDirPath", "command", "appPort" }) Assert.Contains(fault.Faults, f => f.Contains(word) && f.Contains("dapr.yaml"));
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
        await left.WaitAsync(TimeSpan.FromSeconds(30));
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
