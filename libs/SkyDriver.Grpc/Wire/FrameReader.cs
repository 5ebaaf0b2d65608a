using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace SkyDriver.Grpc.Wire;

/// <summary>
/// Reads length-prefixed messages from one stream, however the transport cut it. One buffer, borrowed from the shared
/// pool, serves all messages; it grows with the bytes that arrive, never with what a prefix promises.
/// </summary>
internal sealed class FrameReader(Stream stream, int maxMessageBytes) : IDisposable
{
    private const int FirstBufferBytes = 4096;
    private const int Idle = 0;
    private const int Reading = 1;
    private const int Disposed = 2;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int _start;
    private int _end;
    private int _state;

    private int Held => _end - _start;

    /// <summary>The next message; null at the end of the stream. One read at a time.</summary>
    /// <exception cref="RpcException">The frame is compressed, over the limit, cut short, or not this message.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        int was = Interlocked.CompareExchange(ref _state, Reading, Idle);
        ObjectDisposedException.ThrowIf(was == Disposed, this);
        if (was == Reading) throw new InvalidOperationException("The messages of a call are read one at a time.");
        try
        {
            return await NextAsync(parser, ct);
        }
        finally
        {
            Interlocked.CompareExchange(ref _state, Idle, Reading);
        }
    }

    /// <summary>Gives the buffer back. One that a read still writes to is left to the collector, or another borrower would get its bytes.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _state, Disposed) == Idle) ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async ValueTask<T?> NextAsync<T>(MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        if (!await FillAsync(Frames.PrefixBytes, ct))
        {
            return Held == 0 ? null : throw Frames.Fault(StatusCode.Internal, "The stream ended inside a frame prefix.");
        }

        int length = Frames.ReadPrefix(_buffer.AsSpan(_start), maxMessageBytes);
        _start += Frames.PrefixBytes;
        if (!await FillAsync(length, ct)) throw Frames.Fault(StatusCode.Internal, $"The stream ended inside a message of {length} bytes.");
        var message = _buffer.AsMemory(_start, length);
        _start += length;
        try
        {
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The message cannot be decoded: " + e.Message, e));
        }
    }

    /// <summary>False when the stream ends before so many bytes are held.</summary>
    private async ValueTask<bool> FillAsync(int bytes, CancellationToken ct)
    {
        while (Held < bytes)
        {
            MakeRoom(bytes);
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
            if (read == 0) return false;
            _end += read;
        }

        return true;
    }

    /// <summary>Leaves some room behind the bytes held: by moving them to the front, else by a buffer of up to twice the size.</summary>
    private void MakeRoom(int bytes)
    {
        if (_end < _buffer.Length && _start + bytes <= _buffer.Length) return;
        int held = Held;
        byte[] old = _buffer;
        if (held == old.Length) _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(bytes, old.Length * 2));
        Buffer.BlockCopy(old, _start, _buffer, 0, held);
        (_start, _end) = (0, held);
        if (_buffer != old) ArrayPool<byte>.Shared.Return(old);
    }
}
