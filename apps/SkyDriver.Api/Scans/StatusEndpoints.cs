using System.Globalization;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>How a scan and its workers stand.</summary>
internal sealed class StatusEndpoints(Manifests manifests, ScanStore scans, StateDocuments documents, ScanEventLog events, ApiOptions options)
{
    private const string NotYetRequested = "not-yet-requested";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("GET", "/scan/{id}/status", new("How the scan stands, also a deleted one.", Role.User, Role.Internal, Role.Worker)
        {
            Redirects = true,
            Arguments = [new("include_pod_statuses", "boolean", "Taken for older clients; changes nothing.")],
        }, GetStatusAsync);
        routes.MapCall("GET", "/scan/{id}/logs", new("What happened, in words; the last output of the workers; and where the site keeps its logs.", Role.User) { Redirects = true }, GetLogsAsync);
        routes.MapCall("GET", "/scan/{id}/ewms/workforce", new("The workers, by status.", Role.User, Role.Internal) { Redirects = true }, GetWorkforceAsync);
        routes.MapCall("GET", "/scan/{id}/ewms/taskforces", new("The workers, by submission.", Role.User, Role.Internal) { Redirects = true }, GetTaskforcesAsync);
        routes.MapCall("GET", "/scan/{id}/ewms/workflow-id", new("The workflow that runs the scan.", Role.User, Role.Internal) { Redirects = true }, GetWorkflowAsync);
        routes.MapCall("POST", "/scan/{id}/ewms/workflow-id", new("Says once which workflow runs the scan.", Role.Internal)
        {
            Arguments = [new("workflow_id", "string", "Its id.", Required: true), new("ewms_address", "string", "Where it runs.", Required: true)],
        }, SetWorkflowAsync);
    }

    private async Task<IResult> GetStatusAsync(Call call)
    {
        call.Arguments.Boolean("include_pod_statuses");
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        return Answers.Cached(call, new
        {
            scan_state = ScanState.Of(manifest),
            is_deleted = manifest.IsDeleted,
            ewms_deactivated = manifest.Lifecycle.EwmsDeactivated,
            scan_complete = manifest.Lifecycle.HasFinalResult,
            scanner_server_logs = new { url = LogsUrl(manifest) },
            ewms_workforce = await WorkforceAsync(manifest, call.Aborted),
            clusters = manifest.CondorClusters,
            engine = manifest.Lifecycle.Engine,
            phase = manifest.Lifecycle.Phase,
            waiting = manifest.Lifecycle.Waiting,
            failure = manifest.Lifecycle.Failure,
            set_aside = manifest.Lifecycle.SetAside,
            lingering_compute = manifest.Lifecycle.LingeringCompute,
        });
    }

    private async Task<IResult> GetLogsAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        ScanEventLogV1 log = await events.ReadAsync(call.ScanId, call.Aborted);
        WorkerLogsV1? workers = await documents.GetAsync<WorkerLogsV1>(StateKeys.WorkerLogs(call.ScanId), call.Aborted);
        return Answers.Of(new
        {
            scanner_server = new { url = LogsUrl(manifest), text = string.Join('\n', log.Entries.Select(e => Line(e.Event))) },
            workers = workers?.Logs ?? [],
        });
    }

    private async Task<IResult> GetWorkforceAsync(Call call)
    {
        call.ThrowIfFaulty();
        return Answers.Of(await WorkforceAsync(await manifests.FindAsync(call), call.Aborted));
    }

    private async Task<IResult> GetTaskforcesAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        IEnumerable<object> asked = (manifest.Lifecycle.AddedWorkers ?? []).Where(a => manifest.CondorClusters.All(c => c.TaskforceUuid != a.TaskforceUuid))
            .Select(a => Taskforce(a.TaskforceUuid, a.Workers, clusterId: null, a.ClusterLocation, manifest.Complete ? "condor-complete" : "pre-launch"));
        return Answers.Of(new { taskforces = manifest.CondorClusters.Select(c => Taskforce(UuidOf(manifest, c), c.Jobs, c.ClusterId, c.Schedd, TaskforcePhase(manifest))).Concat(asked) });
    }

    private static object Taskforce(string uuid, int workers, long? clusterId, string schedd, string phase) => new
    {
        taskforce_uuid = uuid,
        n_workers = workers,
        cluster_id = clusterId,
        schedd,
        phase,
        submit_dict = new { },
        compound_statuses = new { },
        top_task_errors = new { },
    };

    private static string UuidOf(ScanManifest manifest, WorkerClusterV1 cluster) =>
        cluster.TaskforceUuid ?? string.Create(CultureInfo.InvariantCulture, $"{manifest.ScanId}-{cluster.Schedd}-{cluster.ClusterId}");

    private async Task<IResult> GetWorkflowAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        bool requested = IsSubmitted(manifest);
        return Answers.Of(new
        {
            workflow_id = requested ? manifest.EwmsWorkflowId ?? NotYetRequested : NotYetRequested,
            requested_ewms_workflow = requested,
            eligible_for_ewms = true,
            ewms_address = manifest.EwmsAddress,
        });
    }

    private async Task<IResult> SetWorkflowAsync(Call call)
    {
        foreach (string name in new[] { "workflow_id", "ewms_address" }) call.Arguments.Require(name);
        string? workflow = call.Arguments.Text("workflow_id"), address = call.Arguments.Text("ewms_address");
        call.ThrowIfFaulty();
        bool taken = false;
        ScanManifest manifest = await scans.UpdateManifestAsync(
            call.ScanId,
            stored =>
            {
                // Our own stands there until another system says that it runs the scan.
                taken = stored.EwmsWorkflowId is not null && stored.EwmsWorkflowId != stored.ScanId && (stored.EwmsWorkflowId, stored.EwmsAddress) != (workflow, address);
                return taken || (stored.EwmsWorkflowId, stored.EwmsAddress) == (workflow, address) ? null : stored with { EwmsWorkflowId = workflow, EwmsAddress = address };
            },
            call.Aborted) ?? throw ScanIds.Unknown();
        if (taken) throw ApiException.NotFound("the scan waits for no workflow; it has one");
        return Answers.Of(await manifests.ShowAsync(manifest, call.Caller.IsInternal, Projection.All, call.Aborted));
    }

    private async Task<WorkforceV1> WorkforceAsync(ScanManifest manifest, CancellationToken cancellationToken) =>
        await documents.GetAsync<WorkforceV1>(StateKeys.Workforce(manifest.ScanId), cancellationToken)
            ?? WorkforceV1.None(IsSubmitted(manifest) ? manifest.EwmsWorkflowId : null);

    private string? LogsUrl(ScanManifest manifest) => options.LogsAddress?.Replace("{scan_id}", manifest.ScanId, StringComparison.Ordinal);

    private static bool IsSubmitted(ScanManifest manifest) =>
        manifest.EwmsWorkflowId is not null && (manifest.EwmsWorkflowId != manifest.ScanId || manifest.Lifecycle.Phase is not (ScanPhase.Requested or ScanPhase.Backlogged));

    private static string TaskforcePhase(ScanManifest manifest) => manifest switch
    {
        { Complete: true } => "condor-complete",
        { Lifecycle.Phase: ScanPhase.TearingDown or ScanPhase.Aborting } => "condor-rm",
        _ => "condor-submit",
    };

    private static string Line(ScanEventV1 what)
    {
        string time = DateTimeOffset.FromUnixTimeMilliseconds((long)(Math.Clamp(what.Timestamp, 0, 1e11) * 1000)).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string text = what.Kind switch
        {
            ScanEventKind.Progress => what.Progress is { ValueKind: System.Text.Json.JsonValueKind.Object } report && report.TryGetProperty("summary", out var summary) ? $"progress: {summary}" : "progress",
            ScanEventKind.Result => $"{(what.IsFinal ? "final" : "partial")} result stored, revision {what.ResultRevision}",
            _ => $"{what.Kind}: {what.Phase}{(what.Message is null ? "" : $", {what.Message}")}",
        };
        return $"{time} {text}";
    }
}
