using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The life of one instance's sidecar, from open ports to the last delivery.</summary>
internal sealed class RunningInstance(InstanceSidecar sidecar, InstanceServer server, ILogger logger)
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(20);

    private Task _start = Task.CompletedTask;
    private Task _health = Task.CompletedTask;

    public InstanceSidecar Sidecar { get; } = sidecar;

    public AppInstance Instance => Sidecar.Instance;

    public int HttpPort => server.HttpPort;

    public int GrpcPort => server.GrpcPort;

    /// <summary>Goes through the rest of the start: components, the app's port, its engines, its subscriptions.</summary>
    public void Begin(CancellationToken stopping, Action<string> onFailed) => _start = StartAsync(stopping, onFailed);

    /// <param name="isDead">The app is no more, or nothing is to be waited for: what it had goes to others at once.</param>
    public async Task StopAsync(bool isDead)
    {
        if (!isDead) await BlockAsync();
        Sidecar.IsReady = false;
        if (isDead) Instance.Leave();
        Task drained = Task.WhenAll(
            [Sidecar.Subscriptions.StopIntakeAsync(), Sidecar.Inputs.StopIntakeAsync(), .. isDead ? [] : Instance.App.Engines.Select(engine => engine.DrainInstanceAsync(Instance))]);
        await Task.WhenAny(drained, Task.Delay(Sidecar.Settings.GracefulShutdown, Sidecar.Clock));
        Instance.Leave();
        await Task.WhenAll(_start, _health, EndIntakeAsync());
        foreach (IAppEngine engine in Instance.App.Engines) await engine.RemoveInstanceAsync(Instance);
        Instance.App.Remove(Instance);
        await server.DisposeAsync();
        Instance.Dispose();
    }

    private async Task StartAsync(CancellationToken stopping, Action<string> onFailed)
    {
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, Instance.Gone);
            await Sidecar.Components.Ready.WaitAsync(ended.Token);
            Sidecar.IsOutboundReady = true;
            if (Instance.Channel is { } channel) await WaitForAppAsync(channel, ended.Token);
            if (Instance.Channel is not null && Sidecar.Settings.HealthCheck is not null) Instance.SetHealth(false);
            Instance.App.Add(Instance);
            foreach (IAppEngine engine in Instance.App.Engines) await engine.AddInstanceAsync(Instance, ended.Token);
            if (Instance.Channel is { } app) await SubscribeAsync(app, ended.Token);
            Sidecar.IsReady = true;
        }
        catch (OperationCanceledException)
        {
            // The instance left before it was up.
        }
        catch (ResourceException fault)
        {
            onFailed(fault.Message);
        }
        catch (Exception fault)
        {
            logger.LogError(fault, "The sidecar of {App} could not start.", Instance.AppId);
            onFailed($"The sidecar of {Instance.AppId} could not start: {fault.Message}");
        }
    }

    private async Task WaitForAppAsync(AppChannel channel, CancellationToken ct)
    {
        while (!await channel.IsListeningAsync(ct)) await Task.Delay(Probe, Sidecar.Clock, ct);
        logger.LogInformation("App {App} listens on port {Port}.", Instance.AppId, Sidecar.Settings.AppPort);
    }

    private async Task SubscribeAsync(AppChannel channel, CancellationToken ct)
    {
        IReadOnlyList<SubscriptionSpec> asked = Sidecar.Settings.DisabledInitEndpoints.Contains("subscribe")
            ? []
            : await ProgrammaticSubscriptions.FetchAsync(channel, logger, ct);
        SubscriptionSpec[] all = [.. Sidecar.Resources.Subscriptions, .. asked];
        if (Sidecar.Settings.HealthCheck is not { } health)
        {
            await StartIntakeAsync(all);
            return;
        }

        AppHealth watch = new(channel, health, Sidecar.Clock, logger);
        _health = watch.RunAsync(
            isHealthy =>
            {
                Instance.SetHealth(isHealthy);
                return isHealthy ? StartIntakeAsync(all) : Task.WhenAll(Sidecar.Subscriptions.EndPortAsync(), Sidecar.Inputs.EndAsync());
            },
            Instance.Gone);
    }

    /// <summary>Goes on as if nothing had been asked for a while (<c>--dapr-block-shutdown-duration</c>), as long as the app is well.</summary>
    private async Task BlockAsync()
    {
        if (Sidecar.Settings.BlockShutdown <= TimeSpan.Zero || Instance.Gone.IsCancellationRequested) return;
        TaskCompletionSource unwell = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<AppInstance> watch = _ => unwell.TrySetResult();
        Instance.HealthChanged += watch;
        using CancellationTokenRegistration gone = Instance.Gone.Register(() => unwell.TrySetResult());
        if (Instance.IsHealthy) await Task.WhenAny(unwell.Task, Task.Delay(Sidecar.Settings.BlockShutdown, Sidecar.Clock));
        Instance.HealthChanged -= watch;
    }

    private Task StartIntakeAsync(IReadOnlyList<SubscriptionSpec> subscriptions) =>
        Task.WhenAll(Sidecar.Subscriptions.StartAsync(Sidecar, subscriptions), Sidecar.Inputs.StartAsync(Sidecar));

    private Task EndIntakeAsync() => Task.WhenAll(Sidecar.Subscriptions.EndAsync(), Sidecar.Inputs.EndAsync());
}
