using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Writes a large value as it comes: compressed, in chunks, with no more than one of them in memory.</summary>
/// <remarks>What is written counts only once the caller keeps the index; until then <see cref="AbandonAsync"/> takes it back.</remarks>
public sealed class BlobWriter : IAsyncDisposable
{
    internal const string Brotli = "br";

    private readonly ChunkTarget target;
    private readonly BrotliStream compressor;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long length;

    /// <param name="before">Done once, before the first chunk is kept.</param>
    internal BlobWriter(StateStore store, Func<int, string> chunkKey, Func<CancellationToken, Task>? before = null)
    {
        target = new(store, chunkKey, before);
        compressor = new(target, CompressionLevel.Fastest, leaveOpen: true);
    }

    /// <summary>Something of it lies in the store.</summary>
    public bool HasChunks => target.Chunks > 0;

    public async ValueTask WriteAsync(ReadOnlySequence<byte> part, CancellationToken cancellationToken)
    {
        foreach (ReadOnlyMemory<byte> segment in part)
        {
            hash.AppendData(segment.Span);
            length += segment.Length;
            await compressor.WriteAsync(segment, cancellationToken);
        }
    }

    /// <summary>Writes what is left.</summary>
    public async Task<BlobIndexV1> CompleteAsync(CancellationToken cancellationToken)
    {
        await compressor.DisposeAsync();
        await target.SaveRestAsync(cancellationToken);
        return new(length, target.Compressed, target.Chunks, Convert.ToHexStringLower(hash.GetCurrentHash()), Brotli);
    }

    /// <summary>Takes back what was written.</summary>
    public Task AbandonAsync(CancellationToken cancellationToken) => target.DeleteAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        hash.Dispose();
        target.Ignore();    // disposing the compressor writes its end
        await compressor.DisposeAsync();
    }

    /// <summary>Collects compressed bytes until there is a chunk of them.</summary>
    private sealed class ChunkTarget(StateStore store, Func<int, string> chunkKey, Func<CancellationToken, Task>? before) : Stream
    {
        private byte[] chunk = [];
        private int filled;
        private bool ignores;

        public int Chunks { get; private set; }

        public long Compressed { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Ignore() => ignores = true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (buffer.Length > 0 && !ignores)
            {
                if (filled == chunk.Length) Array.Resize(ref chunk, Math.Min(StateKeys.MaxValueBytes, Math.Max(16 << 10, chunk.Length * 4)));
                int part = Math.Min(buffer.Length, chunk.Length - filled);
                buffer[..part].CopyTo(chunk.AsMemory(filled));
                filled += part;
                buffer = buffer[part..];
                if (filled == StateKeys.MaxValueBytes) await SaveRestAsync(cancellationToken);
            }
        }

        public async Task SaveRestAsync(CancellationToken cancellationToken)
        {
            if (filled == 0) return;
            if (Chunks == 0 && before is not null) await before(cancellationToken);
            await store.SaveBytesAsync(chunkKey(Chunks), chunk.AsMemory(0, filled), cancellationToken);
            Chunks++;
            Compressed += filled;
            filled = 0;
        }

        public async Task DeleteAsync(CancellationToken cancellationToken)
        {
            // Also the one after the last: its saving may have failed on the way back only.
            for (int chunk = Chunks; chunk >= 0; chunk--) await store.DeleteAsync(chunkKey(chunk), cancellationToken);
            Chunks = 0;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        // The compressor's only unasynchronous write is its end when it was abandoned.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (!ignores) throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
