using Dapr.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>A scan's result and the index that says which revision counts.</summary>
public sealed record StoredResult(ResultIndexV1 Index, byte[] SkyscanResult);

/// <summary>Results by scan. A revision is written whole before the index names it, so a reader sees all or nothing.</summary>
public sealed class ResultStore(DaprClient dapr, StateDocuments documents, TimeProvider clock)
{
    private const int MaxReads = 5;
    private readonly ChunkedBlobs blobs = new(dapr);

    public Task<ResultIndexV1?> GetIndexAsync(string scanId, CancellationToken cancellationToken = default) =>
        documents.GetAsync<ResultIndexV1>(StateKeys.ResultIndex(scanId), cancellationToken);

    /// <summary>Replaces the scan's result; one that is not final never replaces a final one.</summary>
    /// <param name="json">The <c>skyscan_result</c> object.</param>
    /// <returns>The index that now counts.</returns>
    public async Task<ResultIndexV1> SaveAsync(string scanId, ReadOnlyMemory<byte> json, bool isFinal, CancellationToken cancellationToken = default)
    {
        ResultIndexV1? before = await GetIndexAsync(scanId, cancellationToken);
        if (Outranks(before, isFinal)) return before!;
        // The same result again, as after a turn that failed late: nothing to write.
        if (before is { IsDeleted: false } && before.IsFinal == isFinal && before.Blob.Sha256 == ChunkedBlobs.Sha256(json.Span)) return before;
        long revision = (before?.Revision ?? 0) + 1;
        BlobIndexV1 blob = await blobs.WriteAsync(chunk => StateKeys.ResultChunk(scanId, revision, chunk), json, cancellationToken);
        ResultIndexV1 next = new(scanId, revision, isFinal, IsDeleted: false, UnixSeconds(), blob);
        ResultIndexV1? now = await documents.UpdateAsync<ResultIndexV1>(
            StateKeys.ResultIndex(scanId), current => Outranks(current, isFinal) || current?.Revision >= revision ? null : next, cancellationToken);
        if (now != next) throw new InvalidOperationException($"Two writers made revision {revision} of the result of scan {scanId}; write again.");
        if (before is not null)
            await blobs.DeleteAsync(chunk => StateKeys.ResultChunk(scanId, before.Revision, chunk), before.Blob, cancellationToken);
        return next;
    }

    /// <returns>The result, deleted or not, or null when there is none.</returns>
    public async Task<StoredResult?> LoadAsync(string scanId, CancellationToken cancellationToken = default)
    {
        for (int read = 0; read < MaxReads; read++)
        {
            if (await GetIndexAsync(scanId, cancellationToken) is not { } index) return null;
            byte[]? json = await blobs.ReadAsync(chunk => StateKeys.ResultChunk(scanId, index.Revision, chunk), index.Blob, cancellationToken);
            if (json is not null) return new(index, json);
        }

        throw new InvalidDataException($"The result of scan {scanId} changed {MaxReads} times while it was read, or chunks of it are missing.");
    }

    /// <summary>Hides the result, or shows it again.</summary>
    /// <returns>The index, or null when there is no result.</returns>
    public Task<ResultIndexV1?> SetDeletedAsync(string scanId, bool deleted, CancellationToken cancellationToken = default) =>
        documents.UpdateAsync<ResultIndexV1>(
            StateKeys.ResultIndex(scanId), index => index is null || index.IsDeleted == deleted ? null : index with { IsDeleted = deleted }, cancellationToken);

    private static bool Outranks(ResultIndexV1? stored, bool isFinal) => stored is { IsFinal: true } && !isFinal;

    private double UnixSeconds() => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
}
