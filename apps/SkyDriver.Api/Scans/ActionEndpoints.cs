using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api.Scans;

/// <summary>Actions on running scans.</summary>
internal sealed class ActionEndpoints(Manifests manifests, ScanStore scans, LifecycleClient lifecycles, LaunchClaims claims, ApiOptions options)
{
    private const int MaxWorkers = 1_000_000;

    public void Map(IEndpointRouteBuilder routes) => routes.MapCall("POST", "/scan/{id}/actions/add-workers", new("Asks for more workers.", Role.User)
    {
        Redirects = true,
        Arguments = [new("n_workers", "integer", "How many, from 1 on.", Required: true), new("cluster_location", "string", "Where.", Required: true)],
    }, AddWorkersAsync);

    private async Task<IResult> AddWorkersAsync(Call call)
    {
        foreach (string name in new[] { "n_workers", "cluster_location" }) call.Arguments.Require(name);
        long? count = call.Arguments.Integer("n_workers");
        string? cluster = call.Arguments.Text("cluster_location");
        if (count is < 1 or > MaxWorkers) call.Arguments.Fault("n_workers", $"must be from 1 to {MaxWorkers}");
        if (cluster is not null && !options.Clusters.Contains(cluster))
            call.Arguments.Fault("cluster_location", $"names a place that is not configured; known are: {string.Join(", ", options.Clusters)}");
        call.ThrowIfFaulty();

        ScanManifest manifest = await manifests.FindAsync(call);
        if (WhyNot(manifest) is { } reason) throw Impossible(reason);
        string request = await claims.ClaimAsync(call.Caller.Name, $"add-workers/{call.ScanId}", $"{cluster} {count}", LaunchEndpoints.KeyOf(call), call.Aborted);
        if (!await lifecycles.RaiseAsync(call.ScanId, WorkflowEvents.AddWorkers, new AddWorkersV1(call.ScanId, cluster!, (int)count!.Value, request), call.Aborted))
            throw Impossible("the scan was not started yet");
        AddedWorkersV1 added = new(request, cluster!, (int)count.Value);
        await scans.UpdateManifestAsync(call.ScanId, m => Noted(m, added), call.Aborted);
        return Answers.Of(new { taskforce_uuid = request, n_workers = count });
    }

    private static ScanManifest? Noted(ScanManifest manifest, AddedWorkersV1 added) => manifest.Lifecycle.AddedWorkers?.Contains(added) is true
        ? null
        : manifest with { Lifecycle = manifest.Lifecycle with { AddedWorkers = [.. manifest.Lifecycle.AddedWorkers ?? [], added] } };

    private static string? WhyNot(ScanManifest manifest) => manifest switch
    {
        { IsDeleted: true } => "the scan was deleted",
        { Lifecycle.Engine: ScanEngine.External } => "the scan is made by a scanner outside of this system, which asks for its workers itself",
        { Lifecycle.HasFinalResult: true } => "the scan has its final result",
        { Lifecycle.Phase: ScanPhase.Requested or ScanPhase.Backlogged or ScanPhase.Launching } => "the scan was not started yet",
        { Lifecycle.Phase: not ScanPhase.Scanning } => "the scan has ended",
        _ => null,
    };

    private static ApiException Impossible(string reason) => new(StatusCodes.Status422UnprocessableEntity, reason);
}
