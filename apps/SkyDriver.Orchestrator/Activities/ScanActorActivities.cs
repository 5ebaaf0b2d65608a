using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Opens the scan's ledger; the first pixels go out.</summary>
public sealed class OpenScan(IActorProxyFactory actors) : WorkflowActivity<ScanReferenceV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, ScanReferenceV1 input)
    {
        await actors.ScanActor(input.ScanId).Open(new(input.ScanId, input.I3EventId));
        return null;
    }
}

/// <summary>Ends the scan with what it has.</summary>
public sealed class AbortScan(IActorProxyFactory actors) : WorkflowActivity<AbortRequestedV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, AbortRequestedV1 input)
    {
        await actors.ScanActor(input.ScanId).Abort(new(input.Reason));
        return null;
    }
}

/// <summary>Tells the scan how many workers it may count on.</summary>
public sealed class HintWorkers(IActorProxyFactory actors) : WorkflowActivity<WorkerHintForScanV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, WorkerHintForScanV1 input)
    {
        await actors.ScanActor(input.ScanId).HintWorkers(new(input.Workers));
        return null;
    }
}

internal static class ScanActorProxies
{
    public static IScanActor ScanActor(this IActorProxyFactory actors, string scanId) =>
        actors.CreateActorProxy<IScanActor>(new ActorId(scanId), ActorTypes.Scan);
}
