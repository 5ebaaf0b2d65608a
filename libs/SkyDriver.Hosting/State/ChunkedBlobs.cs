using System.IO.Compression;
using System.Security.Cryptography;
using Dapr.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Large values as compressed chunks of at most <see cref="StateKeys.MaxValueBytes"/>; the caller keeps the index.</summary>
internal sealed class ChunkedBlobs(DaprClient dapr)
{
    private const string Brotli = "br";

    /// <summary>A blob whose index claims more than this is refused before anything is allocated, bytes.</summary>
    private const long MaxLength = 1L << 30;

    public async Task<BlobIndexV1> WriteAsync(Func<int, string> chunkKey, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> compressed = Compress(content.Span);
        int chunks = (compressed.Length + StateKeys.MaxValueBytes - 1) / StateKeys.MaxValueBytes;
        for (int i = 0; i < chunks; i++)
        {
            int start = i * StateKeys.MaxValueBytes;
            ReadOnlyMemory<byte> chunk = compressed.Slice(start, Math.Min(StateKeys.MaxValueBytes, compressed.Length - start));
            await dapr.SaveByteStateAsync(Components.StateStore, chunkKey(i), chunk, cancellationToken: cancellationToken);
        }

        return new(content.Length, compressed.Length, chunks, Sha256(content.Span), Brotli);
    }

    /// <returns>The content, or null when a chunk is missing (removed, or replaced by a newer revision meanwhile).</returns>
    /// <exception cref="InvalidDataException">The chunks do not make up what the index describes.</exception>
    public async Task<byte[]?> ReadAsync(Func<int, string> chunkKey, BlobIndexV1 index, CancellationToken cancellationToken)
    {
        if (index.Encoding != Brotli || index.Length is < 0 or > MaxLength || index.Compressed is < 0 or > MaxLength
            || index.Chunks != (index.Compressed + StateKeys.MaxValueBytes - 1) / StateKeys.MaxValueBytes)
            throw new InvalidDataException($"The index of '{chunkKey(0)}' is not one this version writes: {index}.");
        using MemoryStream compressed = new();
        for (int i = 0; i < index.Chunks; i++)
        {
            ReadOnlyMemory<byte> chunk = await dapr.GetByteStateAsync(Components.StateStore, chunkKey(i), cancellationToken: cancellationToken);
            if (chunk.IsEmpty) return null;
            compressed.Write(chunk.Span);
        }

        compressed.Position = 0;
        return Decompress(compressed, index, chunkKey(0));
    }

    public async Task DeleteAsync(Func<int, string> chunkKey, BlobIndexV1 index, CancellationToken cancellationToken)
    {
        for (int i = 0; i < index.Chunks; i++)
            await dapr.DeleteStateAsync(Components.StateStore, chunkKey(i), cancellationToken: cancellationToken);
    }

    public static string Sha256(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> content)
    {
        MemoryStream target = new();
        using (BrotliStream brotli = new(target, CompressionLevel.Fastest, leaveOpen: true)) brotli.Write(content);
        return target.GetBuffer().AsMemory(0, checked((int)target.Length));
    }

    private static byte[] Decompress(Stream compressed, BlobIndexV1 index, string key)
    {
        byte[] content = new byte[index.Length];
        try
        {
            using BrotliStream brotli = new(compressed, CompressionMode.Decompress);
            brotli.ReadExactly(content);
            if (brotli.ReadByte() < 0 && Sha256(content) == index.Sha256) return content;
        }
        catch (Exception broken) when (broken is EndOfStreamException or InvalidOperationException)
        {
            throw new InvalidDataException($"The chunks of '{key}' are damaged: {broken.Message}", broken);
        }

        throw new InvalidDataException($"The chunks of '{key}' are not what their index describes.");
    }
}
