using System.Text.Json.Nodes;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>Finds manifests and shows them.</summary>
internal sealed class Manifests(ScanStore scans, EventStore events)
{
    public const string EventMember = "event_i3live_json_dict";

    /// <exception cref="ApiException">404.</exception>
    public async Task<ScanManifest> FindAsync(Call call) => await scans.GetManifestAsync(call.ScanId, call.Aborted) ?? throw ScanIds.Unknown();

    /// <summary>The same, unless it was deleted and <paramref name="includeDeleted"/> is false.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<ScanManifest> FindAsync(Call call, bool includeDeleted)
    {
        ScanManifest manifest = await FindAsync(call);
        return manifest.IsDeleted && !includeDeleted ? throw ApiException.NotFound("the scan was deleted; ask with include_deleted to see it") : manifest;
    }

    /// <param name="withEvent">Show the event object in its member; otherwise a marker stands there.</param>
    public async Task<JsonObject> ShowAsync(ScanManifest manifest, bool withEvent, Projection projection, CancellationToken cancellationToken)
    {
        JsonObject document = projection.Apply(manifest);
        if (withEvent && projection.Shows(EventMember) && manifest.I3EventId is { } id && await events.LoadAsync(id, cancellationToken) is { } json)
            document[EventMember] = JsonNode.Parse(json);
        return document;
    }
}
