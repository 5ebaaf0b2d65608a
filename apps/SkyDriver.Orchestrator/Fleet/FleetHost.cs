using Dapr.Actors.Runtime;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.State;
using SkyDriver.Workflows.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>What the orchestrator needs for the fleet.</summary>
internal static class FleetHost
{
    public static void AddFleet(this WebApplicationBuilder builder)
    {
        builder.AddSettings(FleetOptions.Read);
        builder.Services.AddSingleton<FleetDirectory>().AddSingleton<ExecutionLogs>().AddSingleton<ExecutionRecords>();
        builder.Services.AddSingleton<IJobRunner, WorkflowJobRunner>();
        builder.Services.AddHostedService<FleetWaker>();
    }

    public static void RegisterFleet(this ActorRegistrationCollection actors)
    {
        actors.RegisterActor<BatchActor>(ActorTypes.Batch);
        actors.RegisterActor<FleetActor>(ActorTypes.Fleet);
    }

    public static void RegisterFleet(this WorkflowRuntimeOptions workflows)
    {
        workflows.RegisterWorkflow<FleetDeployment>(WorkflowNames.FleetDeployment);
        workflows.RegisterWorkflow<FleetRemoval>(WorkflowNames.FleetRemoval);
        workflows.RegisterActivity<LaunchFleetWorkers>(ActivityNames.LaunchFleetWorkers);
        workflows.RegisterActivity<RemoveFleetWorkers>(ActivityNames.RemoveFleetWorkers);
        workflows.RegisterActivity<ReportFleetJob>(ActivityNames.ReportFleetJob);
    }
}
