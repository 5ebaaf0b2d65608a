using Dapr;
using Dapr.Actors.Client;
using Dapr.Workflow;
using Grpc.Core;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Asks a launcher for workers of a deploy job; those of a scan are noted in its manifest.</summary>
public sealed class LaunchFleetWorkers(WorkerLaunchers launchers, ScanStore scans, OrchestratorOptions options, FleetOptions fleet, WorkerTokens? tokens = null)
    : WorkflowActivity<LaunchFleetWorkersV1, FleetWorkersLaunchedV1>
{
    public override async Task<FleetWorkersLaunchedV1> RunAsync(WorkflowActivityContext context, LaunchFleetWorkersV1 input)
    {
        JobArgsV1 args = input.Args;
        ScanRequestV1? scan = await scans.GetRequestAsync(args.Batch);
        try
        {
            WorkersDeployedV1 deployed = await launchers.DeployAsync(
                args.Provider, new(args.Batch, input.Number, input.IdempotencyKey, Environment(args, isScan: scan is not null), args.Region, Resources(args, scan)));
            if (scan is not null && deployed.Workers.Count > 0) await scans.UpdateManifestAsync(args.Batch, manifest => Taskforces.Note(manifest, input, deployed));
            return new(deployed.Workers, deployed.Denied is { } denied ? $"{denied.Kind}: {denied.Message}" : null);
        }
        catch (DaprException refused) when (IsQuota(refused))
        {
            // Nothing is wrong with the request: it is a matter of waiting, not of trying a few times.
            return new([], $"quota: {Innermost(refused).Message}");
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

    /// <summary>Bindings that are not launchers of ours have no common code for it, but a common word.</summary>
    private static bool IsQuota(Exception refused) => $"{refused.Message} {Innermost(refused).Message}".Contains("quota", StringComparison.OrdinalIgnoreCase);

    /// <summary>The token is made here, so that it lies in no state of the fleet.</summary>
    private Dictionary<string, string> Environment(JobArgsV1 args, bool isScan)
    {
        Dictionary<string, string> environment = new(args.Environment ?? new Dictionary<string, string>())
        {
            [WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/'),
            [WorkerEnvironment.Batch] = args.Batch,
        };
        if (isScan) environment[WorkerEnvironment.ScanId] = args.Batch;
        if (tokens is not null) environment[WorkerEnvironment.Token] = tokens.Mint(args.Batch);
        return environment;
    }

    private WorkerResourcesV1? Resources(JobArgsV1 args, ScanRequestV1? scan)
    {
        FlavorV1? line = fleet.Catalogue.FirstOrDefault(f => f.Name == args.Flavor && f.Provider == args.Provider && f.Region == args.Region);
        if (line is not null) return FlavorResources.From(line, image: null);
        // To the byte, as the filter's gigabytes are not; and the tag of a scanner's image is none of ours.
        if (scan is not null) return scan is { WorkerMemoryBytes: > 0 } or { WorkerDiskBytes: > 0 } ? new(MemoryBytes: Asked(scan.WorkerMemoryBytes), DiskBytes: Asked(scan.WorkerDiskBytes)) : null;
        return FlavorResources.From(args.Flavor);
    }

    private static long? Asked(long bytes) => bytes > 0 ? bytes : null;

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
