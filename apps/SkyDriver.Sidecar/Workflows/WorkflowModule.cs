using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Scheduling;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>Workflows: the task hub that workers and clients speak, and the management API over HTTP and gRPC.</summary>
internal sealed class WorkflowModule : ISidecarModule
{
    public IAppEngine? Create(AppGroup app)
    {
        if (app.Scope.ActorStore is not ({ } store and IKeyScan keys)) return null;
        var storage = new WorkflowStorage(new ActorStore(store, keys), app.AppId, app.Namespace);
        var options = new WorkflowOptions { Settings = app.Scope.Workflow, MaxMessageBytes = app.Scope.MaxMessageBytes };
        var log = app.Scope.Loggers.CreateLogger<WorkflowEngine>();
        var engine = new WorkflowEngine(storage, new TimerQueue(app.Scope.Clock), app.Scope.Clock, options, WorkflowPeers.Of(app), log);
        engine.BeginRecovery();
        return engine;
    }

    public void MapHttp(IEndpointRouteBuilder routes) => WorkflowHttp.Map(routes, Engine);

    public void MapGrpc(IEndpointRouteBuilder routes)
    {
        TaskHubService.Map(routes, context => Engine(context, null));
        WorkflowGrpc.Map(routes, Engine);
    }

    /// <summary>The engine of the app whose sidecar was called, or of another app of the host that the caller names.</summary>
    private static WorkflowEngine Engine(HttpContext context, string? appId)
    {
        var own = context.App();
        if (string.IsNullOrEmpty(appId) || appId == own.AppId) return own.Engine<WorkflowEngine>() ?? throw ActorFaults.NoStore();
        return own.Directory.Find(appId)?.Engine<WorkflowEngine>() ?? throw WorkflowEngine.Away(appId);
    }
}
