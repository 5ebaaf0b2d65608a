using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The other apps of the host that run workflows, as one of them sees them.</summary>
/// <param name="AppId">The app itself.</param>
/// <param name="Find">The engine of an app id in a namespace (null = any); null when no such app is here yet.</param>
internal sealed record WorkflowPeers(string AppId, Func<string, string?, WorkflowEngine?> Find)
{
    /// <summary>An app without others.</summary>
    public static WorkflowPeers None(string appId) => new(appId, (_, _) => null);

    public static WorkflowPeers Of(AppGroup app) => new(
        app.AppId,
        (id, space) => app.Directory.Find(id) is { } other && (string.IsNullOrEmpty(space) || other.Namespace == space) ? other.Engine<WorkflowEngine>() : null);

    /// <summary>True when a router sends something to another app.</summary>
    public bool IsElsewhere(TaskRouter? router) => router is { HasTargetAppID: true, TargetAppID.Length: > 0 } && router.TargetAppID != AppId;
}
