using System.Net;
using System.Runtime.CompilerServices;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>One look at a scan.</summary>
/// <param name="Manifest">What is known; null when not even the first look succeeded.</param>
/// <param name="Lost">Why the service could not be asked just now; null when it was.</param>
public sealed record ScanSight(ScanManifest? Manifest, SkyDriverException? Lost);

/// <summary>Looks at a scan until it ends. A lost connection is seen, and outlasted.</summary>
internal sealed class ScanWatch(SkyDriverClient client, TimeSpan poll)
{
    private string? _tag;
    private ScanManifest? _known;

    public async IAsyncEnumerable<ScanSight> WatchAsync(string scanId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeProvider clock = client.Options.Clock;
        long heard = clock.GetTimestamp();
        while (true)
        {
            SkyDriverException? lost = null;
            string asked = scanId;
            try
            {
                _known = await client.Transport.CallAsync(() => Ask(asked), ReadAsync, TimeSpan.Zero, cancellationToken);
                heard = clock.GetTimestamp();
            }
            catch (SkyDriverException away) when (away.IsPassing && clock.GetElapsedTime(heard) < client.Options.AwayPatience)
            {
                lost = away;
            }

            yield return new(_known, lost);
            if (lost is null && _known!.ReplacedByScanId is { } other && other != scanId) (scanId, _tag) = (other, null);
            else if (lost is null && _known!.Complete) yield break;
            await Task.Delay(lost is null ? poll : client.Options.LongestPause, clock, cancellationToken);
        }
    }

    private HttpRequestMessage Ask(string scanId)
    {
        HttpRequestMessage request = new(HttpMethod.Get, SkyDriverClient.Path(scanId, "manifest", "include_deleted=true"));
        if (_tag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        return request;
    }

    private async Task<ScanManifest> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.NotModified && _known is not null) return _known;
        ScanManifest manifest = await Transport.ReadAsync<ScanManifest>(response, cancellationToken);
        _tag = response.Headers.ETag?.ToString();
        return manifest;
    }
}
