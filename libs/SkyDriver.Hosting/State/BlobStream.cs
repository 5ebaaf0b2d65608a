using System.IO.Compression;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Content of a blob, fetched and decompressed as it is read.</summary>
/// <remarks>Reads at most the length that the index names. A chunk that went away meanwhile is an <see cref="IOException"/>.</remarks>
public sealed class BlobStream : ReadOnlyStream
{
    private readonly BrotliStream content;
    private readonly string name;
    private long left;

    internal BlobStream(ChunkSource source, BlobIndexV1 index)
    {
        content = new(source, CompressionMode.Decompress);
        name = source.Name;
        left = index.Length;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0) return 0;
        try
        {
            int read = await content.ReadAsync(buffer, cancellationToken);
            left -= read;
            if (left < 0 || (read == 0 && left > 0)) throw new InvalidDataException($"The chunks of '{name}' are not what their index describes.");
            return read;
        }
        catch (InvalidOperationException broken)
        {
            throw new InvalidDataException($"The chunks of '{name}' are damaged: {broken.Message}", broken);
        }
    }

    public override ValueTask DisposeAsync() => content.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing) content.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The compressed bytes of a blob, one chunk in memory at a time.</summary>
internal sealed class ChunkSource(StateStore store, Func<int, string> chunkKey, int chunks) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> chunk;
    private int next;

    public string Name => chunkKey(0);

    /// <returns>False when the next chunk is not there.</returns>
    public async ValueTask<bool> FetchAsync(CancellationToken cancellationToken)
    {
        if (next == chunks) return true;
        chunk = await store.GetBytesAsync(chunkKey(next), cancellationToken);
        next++;
        return !chunk.IsEmpty;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (chunk.IsEmpty && !await FetchAsync(cancellationToken)) throw new MissingChunkException($"Chunk {next - 1} of '{Name}' went away while it was read; read again.");
        int part = Math.Min(buffer.Length, chunk.Length);
        chunk[..part].CopyTo(buffer);
        chunk = chunk[part..];
        return part;
    }
}

internal sealed class MissingChunkException(string message) : IOException(message);

/// <summary>A stream that is read once, from its start, and never blocks a thread.</summary>
public abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
