using Dapr;
using Dapr.Actors.Client;
using Dapr.Workflow;
using Grpc.Core;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Asks a launcher for workers of a deploy job.</summary>
public sealed class LaunchFleetWorkers(WorkerLaunchers launchers, OrchestratorOptions options, FleetOptions fleet) : WorkflowActivity<LaunchFleetWorkersV1, FleetWorkersLaunchedV1>
{
    public override async Task<FleetWorkersLaunchedV1> RunAsync(WorkflowActivityContext context, LaunchFleetWorkersV1 input)
    {
        JobArgsV1 args = input.Args;
        Dictionary<string, string> environment = new(args.Environment ?? new Dictionary<string, string>())
        {
            [WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/'),
            [WorkerEnvironment.ScanId] = args.Batch,
        };
        FlavorV1? line = fleet.Catalogue.FirstOrDefault(f => f.Name == args.Flavor && f.Provider == args.Provider && f.Region == args.Region);
        WorkerResourcesV1? resources = line is null ? FlavorResources.From(args.Flavor) : FlavorResources.From(line, image: null);
        try
        {
            WorkersDeployedV1 deployed = await launchers.DeployAsync(args.Provider, new(args.Batch, input.Number, input.IdempotencyKey, environment, args.Region, resources));
            return new(deployed.Workers, deployed.Denied is { } denied ? $"{denied.Kind}: {denied.Message}" : null);
        }
        catch (DaprException refused) when (IsOurFault(refused))
        {
            // Neither rights nor flavors come about by asking again.
            return new([], Fault: Innermost(refused).Message);
        }
    }

    /// <summary>A sidecar may pass the launcher's code on, or only its name in the text.</summary>
    internal static bool IsOurFault(Exception fault)
    {
        for (Exception? at = fault; at is not null; at = at.InnerException)
        {
            if (at is RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.Unauthenticated or StatusCode.PermissionDenied }) return true;
            if (new[] { "InvalidArgument", "Unauthenticated", "PermissionDenied" }.Any(code => at.Message.Contains(code, StringComparison.Ordinal))) return true;
        }

        return false;
    }

    private static Exception Innermost(Exception of) => of.InnerException is { } inner ? Innermost(inner) : of;
}

/// <summary>Has the workers of a destroy job removed.</summary>
public sealed class RemoveFleetWorkers(WorkerLaunchers launchers) : WorkflowActivity<FleetJobV1, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, FleetJobV1 input) =>
        input.Args.LauncherIds is { Count: > 0 } ids ? (await launchers.RemoveAsync(input.Args.Provider, ids)).Removed : 0;
}

/// <summary>Tells the fleet how a job is going.</summary>
public sealed class ReportFleetJob(IActorProxyFactory actors) : WorkflowActivity<JobReportV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, JobReportV1 input)
    {
        await actors.Fleet().ReportJob(input);
        return null;
    }
}
