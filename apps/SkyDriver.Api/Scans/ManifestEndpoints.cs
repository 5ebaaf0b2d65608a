using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>The manifest in the first generation's place (<c>/scan/manifest/ID</c>, with the event in it) and in today's
/// (<c>/scan/ID/manifest</c>, without), and the event by itself.</summary>
internal static class ManifestEndpoints
{
    public static void MapManifests(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/scan/manifest/{id}", (string id, HttpContext context, ScanStore scans, EventStore events) => Get(id, context, scans, events));
        routes.MapGet("/scan/{id}/manifest", (string id, HttpContext context, ScanStore scans) => Get(id, context, scans, events: null));
        routes.MapDelete("/scan/manifest/{id}", Abort);
        routes.MapPatch("/scan/manifest/{id}", Patch);
        routes.MapPatch("/scan/{id}/manifest", Patch);
        routes.MapGet("/scan/{id}/i3-event", GetEvent);
    }

    /// <summary>The manifest with the event object in place of its marker.</summary>
    public static async Task<IResult> WithEventAsync(ScanManifest manifest, EventStore events, CancellationToken cancellationToken)
    {
        byte[]? json = manifest.I3EventId is null ? null : await events.LoadAsync(manifest.I3EventId, cancellationToken);
        if (json is null) return Results.Json(manifest, ContractJson.Options);
        using JsonDocument document = JsonDocument.Parse(json);
        return Results.Json(manifest with { EventI3LiveJsonDict = document.RootElement.Clone() }, ContractJson.Options);
    }

    private static async Task<IResult> Get(string id, HttpContext context, ScanStore scans, EventStore? events)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request);
        bool deleted = arguments.Boolean("include_deleted") ?? false;
        arguments.ThrowIfFaulty();
        ScanManifest manifest = await FindAsync(scans, id, context.RequestAborted);
        if (manifest.IsDeleted && !deleted) throw ApiException.NotFound("the scan was deleted; ask with include_deleted to see it");
        return events is null ? Results.Json(manifest, ContractJson.Options) : await WithEventAsync(manifest, events, context.RequestAborted);
    }

    private static async Task<IResult> Abort(string id, HttpContext context, ScanControl control, EventStore events)
    {
        await Arguments.RefuseAnyAsync(context.Request);
        return await WithEventAsync(await control.AbortAsync(id, context.RequestAborted) ?? throw ScanIds.Unknown(), events, context.RequestAborted);
    }

    private static async Task<IResult> Patch(string id, HttpContext context, ScanStore scans)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request);
        arguments.RefuseUnknown("progress", "event_metadata", "scan_metadata", "condor_cluster");
        ManifestPatch patch = ManifestPatch.Read(arguments);
        arguments.ThrowIfFaulty();
        string? conflict = null;
        ScanManifest? manifest = await scans.UpdateManifestAsync(id, stored => patch.Apply(stored, out conflict), context.RequestAborted);
        if (conflict is not null) throw new ApiException(StatusCodes.Status400BadRequest, $"Cannot change an existing {conflict}");
        return Results.Json(manifest ?? throw ScanIds.Unknown(), ContractJson.Options);
    }

    private static async Task<IResult> GetEvent(string id, HttpContext context, ScanStore scans, EventStore events)
    {
        ScanManifest manifest = await FindAsync(scans, id, context.RequestAborted);
        byte[] json = (manifest.I3EventId is null ? null : await events.LoadAsync(manifest.I3EventId, context.RequestAborted))
            ?? throw ApiException.NotFound("the event of this scan is no longer stored");
        return Results.Bytes([.. "{\"i3_event\":"u8, .. json, (byte)'}'], "application/json; charset=UTF-8");
    }

    internal static async Task<ScanManifest> FindAsync(ScanStore scans, string id, CancellationToken cancellationToken) =>
        await scans.GetManifestAsync(id, cancellationToken) ?? throw ScanIds.Unknown();
}
