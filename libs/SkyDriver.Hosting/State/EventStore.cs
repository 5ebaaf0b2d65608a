using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Event files by the SHA-256 of their bytes: the same event is kept once, and a repeat writes nothing.</summary>
public sealed class EventStore(StateStore store, StateDocuments documents, BlobWritings writings)
{
    /// <summary>Compression may make a text a little longer, never this much.</summary>
    private const int SurelyOneChunk = StateKeys.MaxValueBytes / 2;

    private readonly ChunkedBlobs blobs = new(store);

    /// <summary>True when the text can be the id of an event: a SHA-256 in lower-case hex.</summary>
    public static bool IsId(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <returns>The id to load it by.</returns>
    public async Task<string> SaveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default)
    {
        string id = ChunkedBlobs.Sha256(json.Span);
        if (await documents.GetAsync<BlobIndexV1>(StateKeys.EventIndex(id), cancellationToken) is not null) return id;
        BlobPlaceV1 place = new(id, Slot: null);
        // Nearly every event is one piece; should its writer die before the index, the repeat of the request writes it again.
        bool isNoted = json.Length > SurelyOneChunk;
        await using BlobWriter writer = blobs.Open(place.ChunkKey, isNoted ? ct => writings.BeginAsync(place, ct) : null);
        await writer.WriteAsync(new(json), cancellationToken);
        BlobIndexV1 index = await writer.CompleteAsync(cancellationToken);
        await documents.TryCreateAsync(StateKeys.EventIndex(id), index, cancellationToken);
        if (isNoted) await writings.EndAsync(place, cancellationToken);
        return id;
    }

    /// <returns>The event's JSON, or null when no such event is stored.</returns>
    public async Task<byte[]?> LoadAsync(string id, CancellationToken cancellationToken = default) =>
        await documents.GetAsync<BlobIndexV1>(StateKeys.EventIndex(id), cancellationToken) is { } index
            ? await blobs.ReadAsync(chunk => StateKeys.EventChunk(id, chunk), index, cancellationToken)
            : null;
}
