using Dapr.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Hosting.Startup;

/// <summary>Looks at the sidecar's components once it is there, and ends a service that could only do harm with them.</summary>
internal sealed partial class ComponentCheck(
    DaprClient dapr, ComponentNeeds needs, StartupSettings settings, StartupState state, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ComponentCheck> log)
    : BackgroundService
{
    /// <summary>Exit code of a service that refuses its components.</summary>
    public const int Refused = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromSeconds(10);

    /// <summary>Set by real Dapr in what it tells about itself.</summary>
    private const string DaprdMark = "daprRuntimeVersion";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            IReadOnlyList<string> faults = await JudgeAsync(stoppingToken);
            if (faults.Count == 0)
            {
                state.Pass();
                return;
            }

            foreach (string fault in faults) LogRefused(needs.AppId, fault);
            state.Refuse(new StartupException($"{needs.AppId} does not start with these components:{string.Concat(faults.Select(f => Environment.NewLine + "  " + f))}", Refused));
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends before its sidecar came.
        }
    }

    /// <summary>Waits for the sidecar as long as the service lives: the start-up probe says meanwhile what is waited for.</summary>
    private async Task<IReadOnlyList<string>> JudgeAsync(CancellationToken stop)
    {
        for (TimeSpan pause = FirstPause; ; pause = 2 * pause < LongestPause ? 2 * pause : LongestPause)
        {
            if (await AskAsync(stop) is { } sidecar)
            {
                LoadedComponent[] loaded = [.. sidecar.Components.Select(c => new LoadedComponent(c.Name, c.Type, c.Capabilities))];
                IReadOnlyList<string> faults = ComponentRules.Judge(needs, loaded, sidecar.Extended.ContainsKey(DaprdMark), settings.MustLast);
                return settings.Files is { } folder ? [.. faults, .. ComponentFiles.Judge(folder, needs)] : faults;
            }

            await Task.Delay(pause, clock, stop);
        }
    }

    private async Task<DaprMetadata?> AskAsync(CancellationToken stop)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            // Before that, components may still be on their way.
            return await dapr.CheckOutboundHealthAsync(patience.Token) ? await dapr.GetMetadataAsync(patience.Token) : null;
        }
        catch (Exception away) when (!stop.IsCancellationRequested)
        {
            LogAway(away.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{App} does not start: {Fault}")]
    private partial void LogRefused(string app, string fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the sidecar does not tell its components yet: {Fault}")]
    private partial void LogAway(string fault);
}
