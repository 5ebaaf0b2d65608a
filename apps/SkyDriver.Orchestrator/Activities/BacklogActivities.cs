using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Puts the scan into the backlog and says on what terms it will be made. A repeat heals a backlog that lost it.</summary>
public sealed class EnterBacklog(IActorProxyFactory actors, ScanStore scans, OrchestratorOptions options) : WorkflowActivity<BacklogEntranceV1, LifecycleTermsV1>
{
    public override async Task<LifecycleTermsV1> RunAsync(WorkflowActivityContext context, BacklogEntranceV1 input)
    {
        ScanManifest manifest = await scans.GetManifestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no manifest of scan {input.ScanId}.");
        ScanRequestV1? request = options.EnginePerRequest ? await scans.GetRequestAsync(input.ScanId) : null;
        await actors.Backlog().Enqueue(new(input.ScanId, manifest.Timestamp, input.Priority, PendingTimestamp: null, NextAttempt: 1));
        return request?.Engine is { } engine ? options.Terms with { Engine = engine } : options.Terms;
    }
}

/// <summary>The scan starts: it waits no more, and counts as running.</summary>
public sealed class TakePermit(IActorProxyFactory actors) : WorkflowActivity<string, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, string input)
    {
        await actors.Backlog().Launched(input);
        return null;
    }
}

/// <summary>The scan neither waits nor runs; another one may.</summary>
public sealed class LeaveBacklog(IActorProxyFactory actors) : WorkflowActivity<string, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, string input)
    {
        await actors.Backlog().Remove(input);
        return null;
    }
}

internal static class BacklogProxies
{
    public static ILaunchQueue Backlog(this IActorProxyFactory actors) =>
        actors.CreateActorProxy<ILaunchQueue>(new ActorId(ActorTypes.Backlog), ActorTypes.LaunchQueue);
}
