using System.Security.Cryptography;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Large values as compressed chunks of at most <see cref="StateKeys.MaxValueBytes"/>; the caller keeps the index.</summary>
internal sealed class ChunkedBlobs(StateStore store)
{
    /// <summary>A blob whose index claims more than this is refused before anything is allocated, bytes.</summary>
    private const long MaxLength = 1L << 30;

    /// <summary>A blob that is written bit by bit.</summary>
    /// <param name="before">Done once, before the first chunk is kept.</param>
    public BlobWriter Open(Func<int, string> chunkKey, Func<CancellationToken, Task>? before = null) => new(store, chunkKey, before);

    /// <returns>The content, or null when a chunk is missing (removed, or replaced by a newer one meanwhile).</returns>
    /// <exception cref="InvalidDataException">The chunks do not make up what the index describes.</exception>
    public async Task<byte[]?> ReadAsync(Func<int, string> chunkKey, BlobIndexV1 index, CancellationToken cancellationToken)
    {
        await using BlobStream? stream = await OpenAsync(chunkKey, index, cancellationToken);
        if (stream is null) return null;
        byte[] content = new byte[index.Length];
        try
        {
            await stream.ReadExactlyAsync(content, cancellationToken);
            if (await stream.ReadAsync(new byte[1], cancellationToken) == 0 && Sha256(content) == index.Sha256) return content;
        }
        catch (MissingChunkException)
        {
            return null;
        }
        catch (EndOfStreamException broken)
        {
            throw new InvalidDataException($"The chunks of '{chunkKey(0)}' are damaged: {broken.Message}", broken);
        }

        throw new InvalidDataException($"The chunks of '{chunkKey(0)}' are not what their index describes.");
    }

    /// <summary>Opens the content for reading bit by bit.</summary>
    /// <returns>Null when the first chunk is missing.</returns>
    public async Task<BlobStream?> OpenAsync(Func<int, string> chunkKey, BlobIndexV1 index, CancellationToken cancellationToken)
    {
        if (index.Encoding != BlobWriter.Brotli || index.Length is < 0 or > MaxLength || index.Compressed is < 0 or > MaxLength
            || index.Chunks != (index.Compressed + StateKeys.MaxValueBytes - 1) / StateKeys.MaxValueBytes)
            throw new InvalidDataException($"The index of '{chunkKey(0)}' is not one this version writes: {index}.");
        ChunkSource source = new(store, chunkKey, index.Chunks);
        return await source.FetchAsync(cancellationToken) ? new BlobStream(source, index) : null;
    }

    public async Task DeleteAsync(Func<int, string> chunkKey, int chunks, CancellationToken cancellationToken)
    {
        for (int i = 0; i < chunks; i++) await store.DeleteAsync(chunkKey(i), cancellationToken);
    }

    public static string Sha256(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
