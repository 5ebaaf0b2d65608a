using System.Buffers.Binary;
using System.Globalization;
using Dapr.Actors.Runtime;

namespace SkyDriver.Scanner;

/// <summary>
/// The durable form of one scan in its actor's state: a head, the latest snapshot of the ledger, and the log since.
/// Nothing counts until <see cref="CommitAsync"/>.
/// </summary>
/// <remarks>
/// The log is kept in pages of several segments; the last page is written again with each turn until it is full, so that
/// a restart reads few keys. A journal belongs to one activation and is thrown away with the turn that failed.
/// </remarks>
internal sealed class ScanJournal
{
    private const string HeadKey = "head";

    /// <summary>A page is closed at this size, bytes.</summary>
    private const int PageBytes = 32 << 10;

    /// <summary>Part of a snapshot in one state transaction; base64 and the sidecar's 4 MiB are above it.</summary>
    private const int ChunkBytes = 768 << 10;

    private const int DeletesPerTransaction = 100;

    private readonly IActorStateManager state;
    private readonly MemoryStream page = new();

    private ScanJournal(IActorStateManager state, ScanHead head) => (this.state, Head) = (state, head);

    /// <summary>Assign to change; saved by the next commit.</summary>
    public ScanHead Head { get; set; }

    public static ScanJournal Begin(IActorStateManager state, ScanHead head) => new(state, head);

    /// <returns>Null when the scan was never opened.</returns>
    public static async Task<ScanJournal?> OpenAsync(IActorStateManager state)
    {
        ConditionalValue<ScanHead> head = await state.TryGetStateAsync<ScanHead>(HeadKey);
        return head.HasValue ? new(state, head.Value) : null;
    }

    /// <returns>The snapshot that counts; empty when there is none.</returns>
    public async Task<byte[]> ReadSnapshotAsync()
    {
        byte[] snapshot = new byte[Head.SnapshotBytes];
        int filled = 0;
        for (int i = 0; i < Head.SnapshotChunks; i++)
        {
            byte[] chunk = await ReadAsync(ChunkKey(Head.Snapshot, i));
            chunk.CopyTo(snapshot, filled);
            filled += chunk.Length;
            await state.ClearCacheAsync();
        }

        return snapshot;
    }

    /// <summary>The log since the snapshot, oldest first; afterwards the journal is ready to append.</summary>
    public async Task<List<ReadOnlyMemory<byte>>> ReadLogAsync()
    {
        List<ReadOnlyMemory<byte>> segments = [];
        page.SetLength(0);
        for (long n = Head.FirstPage; n <= Head.LastPage; n++)
        {
            byte[] content = await ReadAsync(PageKey(n));
            for (int at = 0; at < content.Length;)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(at));
                segments.Add(content.AsMemory(at + sizeof(int), length));
                at += sizeof(int) + length;
            }

            if (n == Head.LastPage) page.Write(content);
            await state.ClearCacheAsync();
        }

        return segments;
    }

    /// <summary>Adds a segment of the ledger's log.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> segment)
    {
        if (Head.LastPage < Head.FirstPage || page.Length >= PageBytes)
        {
            page.SetLength(0);
            Head = Head with { LastPage = Head.LastPage + 1 };
        }

        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, segment.Length);
        page.Write(length);
        page.Write(segment.Span);
        await state.SetStateAsync(PageKey(Head.LastPage), page.ToArray());
    }

    /// <summary>Makes everything since the last commit durable, in one transaction.</summary>
    public async Task CommitAsync()
    {
        await state.SetStateAsync(HeadKey, Head);
        await state.SaveStateAsync();
        // The state manager keeps what it wrote; over a scan that would be the whole log once more.
        if (page.Length >= PageBytes) await state.ClearCacheAsync();
    }

    /// <summary>Replaces snapshot and log by a new snapshot. Its chunks are durable before the head names them.</summary>
    public async Task SnapshotAsync(ReadOnlyMemory<byte> snapshot)
    {
        ScanHead before = Head;
        long generation = before.Snapshot + 1;
        int chunks = 0;
        for (int start = 0; start < snapshot.Length; start += ChunkBytes)
        {
            await state.SetStateAsync(ChunkKey(generation, chunks++), snapshot.Slice(start, Math.Min(ChunkBytes, snapshot.Length - start)).ToArray());
            await state.SaveStateAsync();
            await state.ClearCacheAsync();
        }

        Head = before with { Snapshot = generation, SnapshotChunks = chunks, SnapshotBytes = snapshot.Length, FirstPage = before.LastPage + 1 };
        page.SetLength(0);
        await CommitAsync();
        await RemoveAsync(before);
    }

    /// <summary>Keeps only the head: the scan is over and told.</summary>
    public async Task CloseAsync()
    {
        ScanHead before = Head;
        Head = before with { SnapshotChunks = 0, SnapshotBytes = 0, FirstPage = before.LastPage + 1 };
        page.SetLength(0);
        await CommitAsync();
        await RemoveAsync(before);
    }

    private async Task RemoveAsync(ScanHead outdated)
    {
        IEnumerable<string> chunks = Enumerable.Range(0, outdated.SnapshotChunks).Select(i => ChunkKey(outdated.Snapshot, i));
        IEnumerable<string> pages = Enumerable.Range(0, checked((int)(outdated.LastPage - outdated.FirstPage + 1))).Select(i => PageKey(outdated.FirstPage + i));
        foreach (string[] some in chunks.Concat(pages).Chunk(DeletesPerTransaction))
        {
            foreach (string key in some) await state.TryRemoveStateAsync(key);
            await state.SaveStateAsync();
        }

        await state.ClearCacheAsync();
    }

    private async Task<byte[]> ReadAsync(string key)
    {
        ConditionalValue<byte[]> value = await state.TryGetStateAsync<byte[]>(key);
        return value.HasValue ? value.Value : throw new InvalidDataException($"The journal of scan {Head.Open.ScanId} lacks '{key}': its state was changed by hand.");
    }

    private static string PageKey(long n) => string.Create(CultureInfo.InvariantCulture, $"log-{n}");

    private static string ChunkKey(long generation, int n) => string.Create(CultureInfo.InvariantCulture, $"snapshot-{generation}-{n}");
}
