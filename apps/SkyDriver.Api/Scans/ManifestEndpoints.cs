using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Api.Live;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api.Scans;

/// <summary>The manifest in the first generation's place (<c>/scan/manifest/ID</c>, with the event in it) and in today's
/// (<c>/scan/ID/manifest</c>, without, except for the scan's own programs), and the event by itself.</summary>
internal sealed class ManifestEndpoints(ScanStore scans, EventStore events, Manifests manifests, ScanControl control, ScanAnnouncer announcer, LifecycleClient lifecycles)
{
    private static readonly Argument[] PatchArguments =
    [
        new("progress", "object", "The scanner's report; replaces the one before."),
        new("event_metadata", "object", "What event is scanned; written once."),
        new("scan_metadata", "object", "How it is scanned; written once."),
        new("condor_cluster", "object", "Workers asked for: added to condor_clusters."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("GET", "/scan/manifest/{id}", new("The manifest, with the event.", Role.User, Role.Internal) { Arguments = [Argument.IncludeDeleted] }, call => GetAsync(call, withEvent: true));
        routes.MapCall("DELETE", "/scan/manifest/{id}", new("Aborts a scan.", Role.User), AbortAsync);
        routes.MapCall("PATCH", "/scan/manifest/{id}", new("Takes a scanner's report.", Role.Internal) { Arguments = PatchArguments }, call => PatchAsync(call, withEvent: true));
        routes.MapCall("GET", "/scan/{id}/manifest", new("The manifest.", Role.User, Role.Internal)
        {
            Redirects = true,
            Arguments = [Argument.IncludeDeleted, new("projection", "string|array", "Members to answer with, separated by '|'; '*' for all.")],
        }, call => GetAsync(call, withEvent: call.Caller.IsInternal));
        routes.MapCall("PATCH", "/scan/{id}/manifest", new("Takes a scanner's report.", Role.Internal) { Arguments = PatchArguments }, call => PatchAsync(call, withEvent: call.Caller.IsInternal));
        routes.MapCall("GET", "/scan/{id}/i3-event", new("The event, also of a deleted scan.", Role.User, Role.Internal, Role.Worker) { Redirects = true }, GetEventAsync);
    }

    private async Task<IResult> GetAsync(Call call, bool withEvent)
    {
        bool deleted = call.Arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        Projection projection = Projection.Read(call.Arguments, "projection");
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call, deleted);
        return Answers.Cached(call, await manifests.ShowAsync(manifest, withEvent, projection, call.Aborted));
    }

    private async Task<IResult> AbortAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanManifest manifest = await control.AbortAsync(call.ScanId, call.Aborted) ?? throw ScanIds.Unknown();
        return Answers.Of(await manifests.ShowAsync(manifest, withEvent: true, Projection.All, call.Aborted));
    }

    private async Task<IResult> PatchAsync(Call call, bool withEvent)
    {
        ManifestPatch patch = ManifestPatch.Read(call.Arguments);
        call.ThrowIfFaulty();
        string? conflict = null;
        ScanManifest? before = null;
        ScanManifest manifest = await scans.UpdateManifestAsync(
            call.ScanId,
            stored =>
            {
                before = stored;
                return patch.Apply(stored, out conflict);
            },
            call.Aborted) ?? throw ScanIds.Unknown();
        if (conflict is not null) throw new ApiException(StatusCodes.Status400BadRequest, $"Cannot change an existing {conflict}");
        await FollowUpAsync(call, patch, before!, manifest);
        return Answers.Of(await manifests.ShowAsync(manifest, withEvent, Projection.All, call.Aborted));
    }

    private async Task FollowUpAsync(Call call, ManifestPatch patch, ScanManifest before, ScanManifest now)
    {
        if (patch.EventMetadata is not null && now.EventMetadata is { } what)
        {
            // What was read from the submitted event may have been wrong.
            if (before.EventMetadata is { } assumed && (assumed.RunId, assumed.EventId) != (what.RunId, what.EventId))
                await scans.UnindexByEventAsync(assumed.RunId, assumed.EventId, now.ScanId, call.Aborted);
            await scans.IndexByEventAsync(what.RunId, what.EventId, new(now.ScanId, what.IsRealEvent, now.Timestamp), call.Aborted);
        }

        if (patch.Progress is null || ReferenceEquals(before, now)) return;
        if (before.Progress is null) await lifecycles.RaiseAsync(now.ScanId, WorkflowEvents.ScannerReported, new ScannerReportedV1(now.ScanId), call.Aborted);
        await announcer.TellAsync(new() { ScanId = now.ScanId, Kind = ScanEventKind.Progress, Progress = now.Progress });
    }

    private async Task<IResult> GetEventAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        byte[] json = (manifest.I3EventId is null ? null : await events.LoadAsync(manifest.I3EventId, call.Aborted))
            ?? throw ApiException.NotFound("the event of this scan is no longer stored");
        return Results.Bytes([.. "{\"i3_event\":"u8, .. json, (byte)'}'], Answers.Json);
    }
}
