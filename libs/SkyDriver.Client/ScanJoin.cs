using System.Text.Json.Nodes;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>How to wait for many scans.</summary>
public sealed record JoinOptions
{
    /// <summary>How long to wait in all.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromDays(2);

    /// <summary>How often a failed scan is repeated before it counts as failed.</summary>
    public int Rescans { get; init; }

    /// <summary>Time between two looks; the first ones come sooner.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How one scan of many stands.</summary>
/// <param name="ScanId">As it was given.</param>
/// <param name="CurrentScanId">The scan that stands for it now: itself, its replacement or its latest rescan.</param>
/// <param name="State">A word of <c>scan_state</c>; null when the service does not know the scan.</param>
public sealed record JoinedScan(string ScanId, string CurrentScanId, string? State, bool HasEnded, string? Failure)
{
    public bool Succeeded => HasEnded && State == ScanState.HasFinalResult;
}

/// <summary>Waits for many scans with one compact call per look.</summary>
internal sealed class ScanJoin(SkyDriverClient client, JoinOptions options)
{
    private const int ChunkSize = 100;
    private static readonly string[] Members = ["scan_id", "is_deleted", "complete", "replaced_by_scan_id", "progress", "condor_clusters", "lifecycle"];

    public async Task<IReadOnlyList<JoinedScan>> WaitAsync(IEnumerable<string> scanIds, IProgress<IReadOnlyList<JoinedScan>>? progress, CancellationToken cancellationToken)
    {
        TimeProvider clock = client.Options.Clock;
        long start = clock.GetTimestamp();
        List<JoinedScan> scans = [.. scanIds.Distinct().Select(id => new JoinedScan(id, id, null, false, null))];
        Dictionary<string, int> rescansLeft = scans.ToDictionary(s => s.ScanId, _ => options.Rescans);
        TimeSpan pause = client.Options.FirstPause;
        while (true)
        {
            bool moved = await LookAsync(scans, rescansLeft, cancellationToken);
            progress?.Report([.. scans]);
            if (scans.All(s => s.HasEnded)) return scans;
            // A scan that stands for another now is looked at soon.
            if (moved) pause = client.Options.FirstPause;
            if (clock.GetElapsedTime(start) + pause > options.Timeout) throw new TimeoutException($"{scans.Count(s => !s.HasEnded)} of {scans.Count} scans have not ended within {options.Timeout}; they go on without this client.");
            await Task.Delay(pause, clock, cancellationToken);
            pause = pause * 2 < options.Poll ? pause * 2 : options.Poll;
        }
    }

    private async Task<bool> LookAsync(List<JoinedScan> scans, Dictionary<string, int> rescansLeft, CancellationToken cancellationToken)
    {
        Dictionary<string, ScanManifest> found = [];
        foreach (string[] chunk in scans.Where(s => !s.HasEnded).Select(s => s.CurrentScanId).Distinct().Chunk(ChunkSize))
        {
            JsonObject filter = new() { ["scan_id"] = new JsonObject { ["$in"] = new JsonArray([.. chunk.Select(id => (JsonNode)id)]) } };
            foreach (ScanManifest manifest in await client.FindAsync(new() { Filter = filter, IncludeDeleted = true, Projection = Members }, cancellationToken)) found[manifest.ScanId] = manifest;
        }

        bool moved = false;
        for (int i = 0; i < scans.Count; i++)
        {
            if (scans[i].HasEnded) continue;
            JoinedScan now = await JudgeAsync(scans[i], found.GetValueOrDefault(scans[i].CurrentScanId), rescansLeft, cancellationToken);
            moved |= now.CurrentScanId != scans[i].CurrentScanId;
            scans[i] = now;
        }

        return moved;
    }

    private async Task<JoinedScan> JudgeAsync(JoinedScan scan, ScanManifest? manifest, Dictionary<string, int> rescansLeft, CancellationToken cancellationToken)
    {
        if (manifest is null) return scan with { State = null, HasEnded = true, Failure = "the service does not know this scan" };
        if (manifest.ReplacedByScanId is { } other && other != scan.CurrentScanId) return scan with { CurrentScanId = other, State = null, Failure = null };
        JoinedScan now = scan with { State = ScanState.Of(manifest), HasEnded = manifest.Complete || manifest.Lifecycle.HasFinalResult, Failure = manifest.Lifecycle.Failure };
        if (!now.HasEnded || now.Succeeded || manifest.IsDeleted || rescansLeft[scan.ScanId] == 0) return now;
        int turn = rescansLeft[scan.ScanId]--;
        // A key made of what is repeated: a client that crashed here and joins again does not start it twice.
        ScanManifest again = await client.RescanAsync(scan.CurrentScanId, idempotencyKey: $"join-{scan.CurrentScanId}-{turn}", cancellationToken: cancellationToken);
        return now with { CurrentScanId = again.ScanId, HasEnded = false };
    }
}
