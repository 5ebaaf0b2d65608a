using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;

namespace SkyDriver.Grpc.Wire;

/// <summary>Length-prefixed messages: one flag byte, four bytes of big-endian length, the message.</summary>
internal static class Frames
{
    public const int PrefixBytes = 5;

    /// <summary>Bytes of a message without its prefix.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public static int Measure(IMessage message, int maxMessageBytes)
    {
        int size = message.CalculateSize();
        return size <= maxMessageBytes ? size : throw TooLarge("to send", size, maxMessageBytes);
    }

    /// <summary>Writes a message with its prefix. The memory is the caller's until the next call.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public static void Write(IBufferWriter<byte> output, IMessage message, int maxMessageBytes)
    {
        int size = Measure(message, maxMessageBytes);
        Write(output.GetSpan(PrefixBytes + size), message, size);
        output.Advance(PrefixBytes + size);
    }

    /// <summary>Sends a message with its prefix through a borrowed buffer.</summary>
    /// <param name="size">As <see cref="Measure"/> found it.</param>
    public static async Task WriteAsync(Stream output, IMessage message, int size, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PrefixBytes + size);
        try
        {
            Write(buffer, message, size);
            await output.WriteAsync(buffer.AsMemory(0, PrefixBytes + size), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The length that a prefix announces.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED: compressed. RESOURCE_EXHAUSTED: over the limit.</exception>
    public static int ReadPrefix(ReadOnlySpan<byte> prefix, int maxMessageBytes)
    {
        if (prefix[0] != 0) throw Fault(StatusCode.Unimplemented, "Compressed messages are not accepted; send grpc-encoding identity.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= (uint)maxMessageBytes ? (int)length : throw TooLarge("received", length, maxMessageBytes);
    }

    public static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));

    private static void Write(Span<byte> target, IMessage message, int size)
    {
        target[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(target[1..], size);
        message.WriteTo(target.Slice(PrefixBytes, size));
    }

    private static RpcException TooLarge(string verb, long size, int limit) =>
        Fault(StatusCode.ResourceExhausted, $"The message {verb} has {size} bytes; the limit is {limit}.");
}
