using Dapr.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Event files by the SHA-256 of their bytes: the same event is kept once, and a repeat writes nothing.</summary>
public sealed class EventStore(DaprClient dapr, StateDocuments documents, BlobWritings writings)
{
    private readonly ChunkedBlobs blobs = new(dapr);

    /// <summary>True when the text can be the id of an event: a SHA-256 in lower-case hex.</summary>
    public static bool IsId(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <returns>The id to load it by.</returns>
    public async Task<string> SaveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default)
    {
        string id = ChunkedBlobs.Sha256(json.Span);
        if (await documents.GetAsync<BlobIndexV1>(StateKeys.EventIndex(id), cancellationToken) is not null) return id;
        BlobPlaceV1 place = new(id, Slot: null);
        await using BlobWriter writer = blobs.Open(place.ChunkKey, ct => writings.BeginAsync(place, ct));
        await writer.WriteAsync(new(json), cancellationToken);
        BlobIndexV1 index = await writer.CompleteAsync(cancellationToken);
        await documents.TryCreateAsync(StateKeys.EventIndex(id), index, cancellationToken);
        await writings.EndAsync(place, cancellationToken);
        return id;
    }

    /// <returns>The event's JSON, or null when no such event is stored.</returns>
    public async Task<byte[]?> LoadAsync(string id, CancellationToken cancellationToken = default) =>
        await documents.GetAsync<BlobIndexV1>(StateKeys.EventIndex(id), cancellationToken) is { } index
            ? await blobs.ReadAsync(chunk => StateKeys.EventChunk(id, chunk), index, cancellationToken)
            : null;
}
