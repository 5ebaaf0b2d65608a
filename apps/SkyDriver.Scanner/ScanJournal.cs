using System.Globalization;
using Dapr.Actors.Runtime;
using SkyDriver.Contracts;

namespace SkyDriver.Scanner;

/// <summary>What the actor remembers of a scan beside its ledger.</summary>
internal sealed record ScanHead
{
    public required OpenScanV1 Open { get; init; }

    /// <summary>One of <see cref="ScanActorState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why the scan was aborted or failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Unix seconds.</summary>
    public double Opened { get; init; }

    /// <summary>Unix seconds.</summary>
    public double? Ended { get; init; }

    /// <summary>Workers there are, as far as anybody said.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Number of the next batch published.</summary>
    public long NextBatch { get; init; } = 1;

    /// <summary>The final result, manifest and events are out.</summary>
    public bool Reported { get; init; }

    /// <summary>Which snapshot counts; 0 = none yet.</summary>
    public long Snapshot { get; init; }

    public int SnapshotChunks { get; init; }

    public long SnapshotBytes { get; init; }

    /// <summary>The log since the snapshot: segments First … Last; none while Last &lt; First.</summary>
    public long FirstSegment { get; init; } = 1;

    public long LastSegment { get; init; }

    public long LogBytes { get; init; }
}

/// <summary>
/// The durable form of one scan in its actor's state: a head, the latest snapshot of the ledger, and the log since.
/// Nothing counts until <see cref="CommitAsync"/>.
/// </summary>
/// <remarks>
/// The last segment is written again with each turn until it is full, so that a restart reads few keys. A snapshot is
/// taken when the log outgrows the one before: what is written for snapshots stays proportional to what is logged.
/// A journal belongs to one activation and is thrown away with the turn that failed.
/// </remarks>
internal sealed class ScanJournal
{
    private const string HeadKey = "head";

    /// <summary>A segment is closed at this size, bytes.</summary>
    private const int SegmentBytes = 32 << 10;

    /// <summary>No snapshot is worth its while below this log size, bytes.</summary>
    private const long LeastLogBytes = 1 << 20;

    /// <summary>Part of a snapshot in one state transaction; base64 and the sidecar's 4 MiB are above it.</summary>
    private const int ChunkBytes = 768 << 10;

    private const int DeletesPerTransaction = 100;

    private readonly IActorStateManager state;
    private readonly MemoryStream tail = new();

    private ScanJournal(IActorStateManager state, ScanHead head) => (this.state, Head) = (state, head);

    /// <summary>Assign to change; saved by the next commit.</summary>
    public ScanHead Head { get; set; }

    public bool WantsSnapshot => Head.LogBytes > Math.Max(LeastLogBytes, Head.SnapshotBytes);

    public static ScanJournal Begin(IActorStateManager state, ScanHead head) => new(state, head);

    /// <returns>Null when the scan was never opened.</returns>
    public static async Task<ScanJournal?> OpenAsync(IActorStateManager state)
    {
        ConditionalValue<ScanHead> head = await state.TryGetStateAsync<ScanHead>(HeadKey);
        if (!head.HasValue) return null;
        ScanJournal journal = new(state, head.Value);
        if (head.Value.LastSegment >= head.Value.FirstSegment) journal.tail.Write(await journal.ReadAsync(Segment(head.Value.LastSegment)));
        return journal;
    }

    /// <returns>The snapshot that counts, or null when there is none yet.</returns>
    public async Task<byte[]?> ReadSnapshotAsync()
    {
        if (Head.Snapshot == 0) return null;
        byte[] snapshot = new byte[Head.SnapshotBytes];
        int filled = 0;
        for (int i = 0; i < Head.SnapshotChunks; i++)
        {
            byte[] chunk = await ReadAsync(Chunk(Head.Snapshot, i));
            chunk.CopyTo(snapshot, filled);
            filled += chunk.Length;
            await state.ClearCacheAsync();
        }

        return snapshot;
    }

    /// <summary>The log since the snapshot, oldest first.</summary>
    public async IAsyncEnumerable<byte[]> ReadLogAsync()
    {
        for (long n = Head.FirstSegment; n <= Head.LastSegment; n++)
        {
            yield return await ReadAsync(Segment(n));
            await state.ClearCacheAsync();
        }
    }

    /// <summary>Adds whole log entries.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> entries)
    {
        if (entries.IsEmpty) return;
        if (Head.LastSegment < Head.FirstSegment || tail.Length >= SegmentBytes)
        {
            tail.SetLength(0);
            Head = Head with { LastSegment = Math.Max(Head.LastSegment, Head.FirstSegment - 1) + 1 };
        }

        tail.Write(entries.Span);
        Head = Head with { LogBytes = Head.LogBytes + entries.Length };
        await state.SetStateAsync(Segment(Head.LastSegment), tail.ToArray());
    }

    /// <summary>Makes everything since the last commit durable, in one transaction.</summary>
    public async Task CommitAsync()
    {
        await state.SetStateAsync(HeadKey, Head);
        await state.SaveStateAsync();
        // The state manager keeps what it wrote; over a scan that would be the whole log once more.
        if (tail.Length >= SegmentBytes) await state.ClearCacheAsync();
    }

    /// <summary>Replaces snapshot and log by a new snapshot. The chunks are durable before the head names them.</summary>
    public async Task SnapshotAsync(ReadOnlyMemory<byte> snapshot)
    {
        ScanHead before = Head;
        long generation = before.Snapshot + 1;
        int chunks = 0;
        for (int start = 0; start < snapshot.Length; start += ChunkBytes)
        {
            await state.SetStateAsync(Chunk(generation, chunks++), snapshot.Slice(start, Math.Min(ChunkBytes, snapshot.Length - start)).ToArray());
            await state.SaveStateAsync();
            await state.ClearCacheAsync();
        }

        Head = before with
        {
            Snapshot = generation,
            SnapshotChunks = chunks,
            SnapshotBytes = snapshot.Length,
            FirstSegment = before.LastSegment + 1,
            LogBytes = 0,
        };
        tail.SetLength(0);
        await CommitAsync();
        await RemoveAsync([
            .. Enumerable.Range(0, before.SnapshotChunks).Select(i => Chunk(before.Snapshot, i)),
            .. Range(before.FirstSegment, before.LastSegment).Select(Segment),
        ]);
    }

    private async Task RemoveAsync(string[] keys)
    {
        foreach (string[] some in keys.Chunk(DeletesPerTransaction))
        {
            foreach (string key in some) await state.TryRemoveStateAsync(key);
            await state.SaveStateAsync();
        }

        await state.ClearCacheAsync();
    }

    private async Task<byte[]> ReadAsync(string key)
    {
        ConditionalValue<byte[]> value = await state.TryGetStateAsync<byte[]>(key);
        return value.HasValue ? value.Value : throw new InvalidDataException($"The journal of scan {Head.Open.ScanId} has no '{key}'; its state was removed by hand.");
    }

    private static IEnumerable<long> Range(long first, long last)
    {
        for (long n = first; n <= last; n++) yield return n;
    }

    private static string Segment(long n) => string.Create(CultureInfo.InvariantCulture, $"log-{n}");

    private static string Chunk(long generation, int n) => string.Create(CultureInfo.InvariantCulture, $"snapshot-{generation}-{n}");
}
