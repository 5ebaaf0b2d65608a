using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Doctor;
using SkyDriver.Hosting.Startup;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Orchestrator.Activities;
using SkyDriver.Orchestrator.Fleet;
using SkyDriver.Orchestrator.Launching;
using SkyDriver.Workflows;

namespace SkyDriver.Orchestrator;

/// <summary>Hosts the workflows, the activities in which they touch the world, and the backlog.</summary>
public static class OrchestratorHost
{
    public static void AddOrchestrator(this WebApplicationBuilder builder)
    {
        builder.AddSettings(OrchestratorOptions.Read);
        builder.AddSettings(BacklogOptions.Read);
        builder.AddSettings(WorkerPlaces.Read);
        builder.AddComponentCheck(ComponentNeeds.Orchestrator);
        builder.Services.AddDoctor();
        builder.Services.AddSingleton<ISystemProbe, LauncherProbe>();
        builder.AddWorkerTokens();
        builder.Services.AddLifecycleClient();
        builder.Services.AddActors(actors =>
        {
            actors.Actors.RegisterActor<LaunchQueueActor>(ActorTypes.LaunchQueue);
            actors.Actors.RegisterFleet();
        });
        builder.AddFleet();
        builder.Services.AddSingleton<WorkerLaunchers>().AddSingleton<WorkerLogKeeper>().AddSingleton<ScanEventPublisher>();
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<ScanLifecycle>(WorkflowNames.ScanLifecycle);
            workflows.RegisterActivity<EnterBacklog>(ActivityNames.EnterBacklog);
            workflows.RegisterActivity<TakePermit>(ActivityNames.TakePermit);
            workflows.RegisterActivity<LeaveBacklog>(ActivityNames.LeaveBacklog);
            workflows.RegisterActivity<PrepareEvent>(ActivityNames.PrepareEvent);
            workflows.RegisterActivity<OpenScan>(ActivityNames.OpenScan);
            workflows.RegisterActivity<AbortScan>(ActivityNames.AbortScan);
            workflows.RegisterActivity<HintWorkers>(ActivityNames.HintWorkers);
            workflows.RegisterActivity<RecruitWorkers>(ActivityNames.RecruitWorkers);
            workflows.RegisterActivity<CountWorkers>(ActivityNames.CountWorkers);
            workflows.RegisterActivity<FreeWorkers>(ActivityNames.FreeWorkers);
            workflows.RegisterActivity<RemoveWorkers>(ActivityNames.RemoveWorkers);
            workflows.RegisterActivity<CheckScanner>(ActivityNames.CheckScanner);
            workflows.RegisterActivity<ReplaceScan>(ActivityNames.ReplaceScan);
            workflows.RegisterActivity<StartServer>(ActivityNames.StartServer);
            workflows.RegisterActivity<RemoveServer>(ActivityNames.RemoveServer);
            workflows.RegisterActivity<UpdateManifest>(ActivityNames.UpdateManifest);
            workflows.RegisterActivity<Notify>(ActivityNames.Notify);
            workflows.RegisterFleet();
        });
    }

    /// <summary>Starts and events for the workflows; their work comes over the workflow stream.</summary>
    public static void MapOrchestrator(this WebApplication app)
    {
        app.UseSidecarOnly();
        app.MapGet("/dapr/subscribe", () => Array.Empty<object>());
        app.MapActorsHandlers();
        app.MapLifecycles();
        app.MapDoctor();
    }
}
