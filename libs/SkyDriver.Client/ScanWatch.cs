using System.Net;
using System.Runtime.CompilerServices;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>One look at a scan.</summary>
/// <param name="Manifest">What is known; null when not even the first look succeeded. The same object again while nothing has changed.</param>
/// <param name="Lost">Why the service could not be asked just now; null when it was.</param>
/// <param name="News">What happened since the look before, each event once and in order, also what happened while the connection was lost.</param>
public sealed record ScanSight(ScanManifest? Manifest, SkyDriverException? Lost, IReadOnlyList<ScanEvent> News);

/// <summary>How to watch a scan.</summary>
public sealed record WatchOptions
{
    /// <summary>Time between two looks while the event stream is silent, or cannot be had.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Go on after the final result until the workers are gone as well.</summary>
    public bool UntilComplete { get; init; }
}

/// <summary>Looks at a scan whenever its event stream says something, until it ends. A lost connection is seen, and outlasted.</summary>
/// <remarks>The stream says when to look; what is believed is the manifest.</remarks>
internal sealed class ScanWatch(SkyDriverClient client, WatchOptions options)
{
    private readonly TimeProvider _clock = client.Options.Clock;
    private string? _tag;
    private ScanManifest? _known;

    public async IAsyncEnumerable<ScanSight> WatchAsync(string scanId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? next = scanId; next is not null;)
        {
            string current = next;
            (next, _tag) = (null, null);
            await foreach (ScanSight sight in WatchOneAsync(current, cancellationToken))
            {
                yield return sight;
                if (sight.Lost is null && sight.Manifest!.ReplacedByScanId is { } other && other != current) next = other;
            }
        }
    }

    /// <summary>Ends when the scan has, or another stands for it.</summary>
    private async IAsyncEnumerable<ScanSight> WatchOneAsync(string scanId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using ScanNews news = new(client, scanId);
        long heard = _clock.GetTimestamp();
        while (true)
        {
            IReadOnlyList<ScanEvent> happened = news.Take();
            SkyDriverException? lost = null;
            try
            {
                _known = await client.Transport.CallAsync(() => Ask(scanId), ReadAsync, TimeSpan.Zero, cancellationToken);
                heard = _clock.GetTimestamp();
            }
            catch (SkyDriverException away) when (away.IsPassing && _clock.GetElapsedTime(heard) < client.Options.AwayPatience)
            {
                lost = away;
            }

            yield return new(_known, lost, happened);
            if (lost is null && HasEnded(_known!, scanId)) yield break;
            // Many events in a row are one reason to look.
            await Task.Delay(lost is null ? client.Options.FirstPause : client.Options.LongestPause, _clock, cancellationToken);
            if (lost is null) await news.WaitAsync(options.Poll, cancellationToken);
        }
    }

    private bool HasEnded(ScanManifest manifest, string scanId) =>
        manifest.Complete || (manifest.Lifecycle.HasFinalResult && !options.UntilComplete) || (manifest.ReplacedByScanId is { } other && other != scanId);

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
