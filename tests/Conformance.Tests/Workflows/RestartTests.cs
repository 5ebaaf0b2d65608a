using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Conformance.Tests.Actors;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The embedded sidecar over a file, stopped and started again, and two apps of one host; all through the SDK.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("restart-test-").FullName;
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public RestartTests() => File.WriteAllText(
        Path.Combine(_folder, "store.yaml"), SidecarFixture.Component("store", "state.sqlite", $"connectionString={Path.Combine(_folder, "state.db")}", "actorStateStore=true"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Restart_WorkflowsAndActors_GoOnWhereTheyWere()
    {
        await using (var first = await AppOnHost.StartAsync(_folder, "app"))
        {
            await first.Workflows.ScheduleNewWorkflowAsync("await", "one", 600_000);
            await first.Workflows.WaitForWorkflowStartAsync("one", cancellation: _limit);
            Assert.Equal(5, await first.Tally.AddAsync(5));
        }

        await using var second = await AppOnHost.StartAsync(_folder, "app");
        await second.Workflows.RaiseEventAsync("one", "go", "again", _limit);
        Assert.Equal("again", (await second.Workflows.WaitForWorkflowCompletionAsync("one", cancellation: _limit)).ReadOutputAs<string>());
        Assert.Equal(5, await second.Tally.GetAsync());
    }

    [Fact]
    public async Task OtherApp_OfTheHost_RunsActivitiesAndChildren_AndItsWorkflowsAreInReach()
    {
        await using var home = await AppOnHost.StartAsync(_folder, "home");
        await using var away = await home.AddAsync("away");
        await home.Workflows.ScheduleNewWorkflowAsync("abroad", "one", "away");
        Assert.Equal("8 and 10", (await home.Workflows.WaitForWorkflowCompletionAsync("one", cancellation: _limit)).ReadOutputAs<string>());

        using HttpClient http = new() { BaseAddress = new Uri(home.HttpEndpoint) };
        (await http.PostAsync("/v1.0/workflows/dapr/echo/start?instanceID=two&appID=away", null)).EnsureSuccessStatusCode();
        Assert.True((await away.Workflows.GetWorkflowStateAsync("two", cancellation: _limit)).Exists);
        Assert.False((await home.Workflows.GetWorkflowStateAsync("two", cancellation: _limit)).Exists);
    }

    /// <summary>The conformance app beside a sidecar of its own, under any id.</summary>
    private sealed class AppOnHost : IAsyncDisposable
    {
        private readonly SharedHost _host;
        private readonly bool _ownsHost;
        private readonly string _folder;
        private readonly ISidecarInstance _instance;
        private readonly ConformanceApp _app;

        private AppOnHost(SharedHost host, bool ownsHost, string folder, ISidecarInstance instance, ConformanceApp app) =>
            (_host, _ownsHost, _folder, _instance, _app) = (host, ownsHost, folder, instance, app);

        public string HttpEndpoint => Loopback.Url(_instance.Ports.Http);

        public DaprWorkflowClient Workflows => _app.Services.GetRequiredService<DaprWorkflowClient>();

        public ITallyActor Tally => _app.Services.GetRequiredService<IActorProxyFactory>().CreateActorProxy<ITallyActor>(new ActorId("one"), nameof(TallyActor));

        public static Task<AppOnHost> StartAsync(string folder, string appId) => StartAsync(SharedHost.Open(folder), true, folder, appId);

        /// <summary>Another app beside this one.</summary>
        public Task<AppOnHost> AddAsync(string appId) => StartAsync(_host, false, _folder, appId);

        public async ValueTask DisposeAsync()
        {
            await _instance.DisposeAsync();
            if (_ownsHost) await _host.DisposeAsync();
            await _app.DisposeAsync();
        }

        private static async Task<AppOnHost> StartAsync(SharedHost host, bool ownsHost, string folder, string appId)
        {
            int port = FreePort.Take();
            var instance = await host.AddAsync(new InstanceOptions { AppId = appId, AppPort = port, ResourcePaths = [folder] }, CancellationToken.None);
            string http = Loopback.Url(instance.Ports.Http);
            var app = await ConformanceApp.StartAsync(port, http, Loopback.Url(instance.Ports.Grpc), new HashSet<string>());
            using HttpClient client = new() { BaseAddress = new Uri(http) };
            await Until.HoldsAsync(async () => (await client.GetAsync("/v1.0/healthz")).IsSuccessStatusCode, "the sidecar is ready");
            return new AppOnHost(host, ownsHost, folder, instance, app);
        }
    }
}
