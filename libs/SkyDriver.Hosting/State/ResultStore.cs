using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>A scan's result and the index that says which revision counts.</summary>
public sealed record StoredResult(ResultIndexV1 Index, byte[] SkyscanResult);

/// <summary>The same, to be read bit by bit; the reader disposes of it.</summary>
public sealed record OpenResult(ResultIndexV1 Index, BlobStream SkyscanResult);

/// <summary>Results by scan. Each is written whole before the index names it, so a reader sees all or nothing.</summary>
public sealed class ResultStore(StateStore store, StateDocuments documents, BlobWritings writings, TimeProvider clock)
{
    private const int MaxReads = 5;
    private readonly ChunkedBlobs blobs = new(store);

    public Task<ResultIndexV1?> GetIndexAsync(string scanId, CancellationToken cancellationToken = default) =>
        documents.GetAsync<ResultIndexV1>(StateKeys.ResultIndex(scanId), cancellationToken);

    /// <summary>Begins a result that comes bit by bit; <see cref="CommitAsync"/> makes it count.</summary>
    public ResultWriting Begin(string scanId)
    {
        BlobPlaceV1 place = new(scanId, Guid.NewGuid().ToString("n"));
        return new(place, blobs.Open(place.ChunkKey, ct => writings.BeginAsync(place, ct)), () => writings.EndAsync(place, CancellationToken.None));
    }

    /// <summary>Makes a written result count; one that is not final never replaces a final one, and is taken back.</summary>
    /// <returns>The index that now counts.</returns>
    public async Task<ResultIndexV1> CommitAsync(ResultWriting writing, bool isFinal, CancellationToken cancellationToken = default)
    {
        BlobIndexV1 blob = await writing.Content.CompleteAsync(cancellationToken);
        ResultSlotV1? forgotten = null;
        ResultIndexV1 now = (await documents.UpdateAsync<ResultIndexV1>(
            StateKeys.ResultIndex(writing.ScanId),
            current =>
            {
                forgotten = null;
                // The same result again, as from a writer that did not hear the first answer: nothing to do.
                if (Outranks(current, isFinal) || (current is { IsDeleted: false } && current.IsFinal == isFinal && current.Blob.Sha256 == blob.Sha256)) return null;
                forgotten = current?.Previous;
                return new(writing.ScanId, (current?.Revision ?? 0) + 1, isFinal, IsDeleted: false, UnixSeconds(), blob, writing.Slot, current is null ? null : SlotOf(current));
            },
            cancellationToken))!;
        writing.Counts = now.Slot == writing.Slot;
        if (writing.Counts) await writings.EndAsync(writing.Place, cancellationToken);
        if (forgotten is not null) await blobs.DeleteAsync(Key(writing.ScanId, forgotten.Slot), forgotten.Chunks, cancellationToken);
        return now;
    }

    /// <summary>Replaces the scan's result; one that is not final never replaces a final one.</summary>
    /// <param name="json">The <c>skyscan_result</c> object.</param>
    /// <returns>The index that now counts.</returns>
    public async Task<ResultIndexV1> SaveAsync(string scanId, ReadOnlyMemory<byte> json, bool isFinal, CancellationToken cancellationToken = default)
    {
        ResultIndexV1? before = await GetIndexAsync(scanId, cancellationToken);
        if (Outranks(before, isFinal)) return before!;
        if (before is { IsDeleted: false } && before.IsFinal == isFinal && before.Blob.Sha256 == ChunkedBlobs.Sha256(json.Span)) return before;
        await using ResultWriting writing = Begin(scanId);
        await writing.Content.WriteAsync(new(json), cancellationToken);
        return await CommitAsync(writing, isFinal, cancellationToken);
    }

    /// <returns>The result, deleted or not, or null when there is none.</returns>
    public async Task<StoredResult?> LoadAsync(string scanId, CancellationToken cancellationToken = default)
    {
        for (int read = 0; read < MaxReads; read++)
        {
            if (await GetIndexAsync(scanId, cancellationToken) is not { } index) return null;
            byte[]? json = await blobs.ReadAsync(Key(scanId, SlotOf(index).Slot), index.Blob, cancellationToken);
            if (json is not null) return new(index, json);
        }

        throw Vanishing(scanId);
    }

    /// <summary>Opens the result for reading bit by bit. It stays readable until two newer ones were written.</summary>
    /// <returns>Null when there is none.</returns>
    public async Task<OpenResult?> OpenAsync(string scanId, CancellationToken cancellationToken = default)
    {
        for (int read = 0; read < MaxReads; read++)
        {
            if (await GetIndexAsync(scanId, cancellationToken) is not { } index) return null;
            if (await blobs.OpenAsync(Key(scanId, SlotOf(index).Slot), index.Blob, cancellationToken) is { } content) return new(index, content);
        }

        throw Vanishing(scanId);
    }

    /// <summary>Hides the result, or shows it again.</summary>
    /// <returns>The index, or null when there is no result.</returns>
    public Task<ResultIndexV1?> SetDeletedAsync(string scanId, bool deleted, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ResultIndexV1>(
            StateKeys.ResultIndex(scanId), index => index is null || index.IsDeleted == deleted ? null : index with { IsDeleted = deleted }, cancellationToken);

    private static InvalidDataException Vanishing(string scanId) => new($"The result of scan {scanId} changed {MaxReads} times while it was read, or chunks of it are missing.");

    private static bool Outranks(ResultIndexV1? stored, bool isFinal) => stored is { IsFinal: true } && !isFinal;

    private static ResultSlotV1 SlotOf(ResultIndexV1 index) => new(index.Slot ?? index.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), index.Blob.Chunks);

    private static Func<int, string> Key(string scanId, string slot) => chunk => StateKeys.ResultChunk(scanId, slot, chunk);

    private double UnixSeconds() => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
}

/// <summary>A result being written; it counts once it was committed, and is taken back otherwise.</summary>
public sealed class ResultWriting : IAsyncDisposable
{
    private readonly Func<Task> end;

    internal ResultWriting(BlobPlaceV1 place, BlobWriter content, Func<Task> end) => (Place, Content, this.end) = (place, content, end);

    public string ScanId => Place.Id;

    public BlobWriter Content { get; }

    internal BlobPlaceV1 Place { get; }

    internal string Slot => Place.Slot!;

    internal bool Counts { get; set; }

    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync();
        if (Counts || !Content.HasChunks) return;
        // Also when the request that brought it was given up.
        await Content.AbandonAsync(CancellationToken.None);
        await end();
    }
}
