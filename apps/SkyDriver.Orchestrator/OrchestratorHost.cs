using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Orchestrator.Activities;
using SkyDriver.Workflows;

namespace SkyDriver.Orchestrator;

/// <summary>Hosts the workflows and the activities in which they touch the world.</summary>
public static class OrchestratorHost
{
    public static void AddOrchestrator(this WebApplicationBuilder builder)
    {
        builder.AddSettings(settings => new OrchestratorOptions(settings.Address(WorkerEnvironment.Api)));
        builder.Services.AddActors();
        builder.Services.AddSingleton<WorkerLaunchers>().AddSingleton<ScanEventPublisher>();
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<ScanLifecycle>(WorkflowNames.ScanLifecycle);
            workflows.RegisterWorkflow<WorkerDeployment>(WorkflowNames.WorkerDeployment);
            workflows.RegisterWorkflow<WorkerRemoval>(WorkflowNames.WorkerRemoval);
            workflows.RegisterActivity<PrepareEvent>(ActivityNames.PrepareEvent);
            workflows.RegisterActivity<OpenScan>(ActivityNames.OpenScan);
            workflows.RegisterActivity<AbortScan>(ActivityNames.AbortScan);
            workflows.RegisterActivity<HintWorkers>(ActivityNames.HintWorkers);
            workflows.RegisterActivity<DeployWorkers>(ActivityNames.DeployWorkers);
            workflows.RegisterActivity<CountWorkers>(ActivityNames.CountWorkers);
            workflows.RegisterActivity<RemoveWorkers>(ActivityNames.RemoveWorkers);
            workflows.RegisterActivity<UpdateManifest>(ActivityNames.UpdateManifest);
            workflows.RegisterActivity<Notify>(ActivityNames.Notify);
        });
    }

    /// <summary>Starts and events for the workflows; their work comes over the workflow stream.</summary>
    public static void MapOrchestrator(this WebApplication app)
    {
        app.MapGet("/dapr/subscribe", () => Array.Empty<object>());
        app.MapLifecycles();
    }
}

/// <param name="Api">Where workers find the REST service.</param>
public sealed record OrchestratorOptions(Uri Api);
