using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Manifests and requests of scans, and the scans of an event.</summary>
public sealed class ScanStore(StateDocuments documents, TimeProvider clock)
{
    public Task<ScanManifest?> GetManifestAsync(string scanId, CancellationToken cancellationToken = default) =>
        documents.GetAsync<ScanManifest>(StateKeys.Manifest(scanId), cancellationToken);

    public Task<ScanRequestV1?> GetRequestAsync(string scanId, CancellationToken cancellationToken = default) =>
        documents.GetAsync<ScanRequestV1>(StateKeys.Request(scanId), cancellationToken);

    /// <returns>False when the scan is there already.</returns>
    public async Task<bool> TryCreateAsync(ScanRequestV1 request, ScanManifest manifest, CancellationToken cancellationToken = default)
    {
        await documents.TryCreateAsync(StateKeys.Request(request.ScanId), request, cancellationToken);
        return await documents.TryCreateAsync(StateKeys.Manifest(manifest.ScanId), manifest, cancellationToken);
    }

    public Task<ScanRequestV1?> UpdateRequestAsync(string scanId, Func<ScanRequestV1, ScanRequestV1?> change, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ScanRequestV1>(StateKeys.Request(scanId), stored => stored is null ? null : change(stored), cancellationToken);

    /// <summary>Changes a manifest and stamps it; an unknown scan stays unknown.</summary>
    /// <param name="change">Returns the new manifest, or null to leave it. May run several times.</param>
    /// <returns>The manifest as it now stands, or null when the scan is unknown.</returns>
    public Task<ScanManifest?> UpdateManifestAsync(string scanId, Func<ScanManifest, ScanManifest?> change, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ScanManifest>(
            StateKeys.Manifest(scanId),
            stored => stored is null || change(stored) is not { } next ? null : next with { LastUpdated = UnixSeconds() },
            cancellationToken);

    public async Task<IReadOnlyList<ScanOfEventV1>> ScansOfEventAsync(long runId, long eventId, CancellationToken cancellationToken = default) =>
        (await documents.GetAsync<ScansOfEventV1>(StateKeys.ScansByEvent(runId, eventId), cancellationToken))?.Scans ?? [];

    /// <summary>Adds the scan to those of its event, oldest first; corrects what was noted about it before.</summary>
    public Task IndexByEventAsync(long runId, long eventId, ScanOfEventV1 scan, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ScansOfEventV1>(
            StateKeys.ScansByEvent(runId, eventId),
            stored =>
            {
                IReadOnlyList<ScanOfEventV1> scans = stored?.Scans ?? [];
                if (scans.Contains(scan)) return null;
                return new(runId, eventId, [.. scans.Where(s => s.ScanId != scan.ScanId).Append(scan).OrderBy(s => s.Timestamp).ThenBy(s => s.ScanId, StringComparer.Ordinal)]);
            },
            cancellationToken);

    /// <summary>Takes a scan out of those of an event it turned out not to be of.</summary>
    public Task UnindexByEventAsync(long runId, long eventId, string scanId, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ScansOfEventV1>(
            StateKeys.ScansByEvent(runId, eventId),
            stored => stored is null || stored.Scans.All(s => s.ScanId != scanId) ? null : stored with { Scans = [.. stored.Scans.Where(s => s.ScanId != scanId)] },
            cancellationToken);

    private double UnixSeconds() => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
}
