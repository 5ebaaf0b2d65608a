using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;

namespace SkyDriver.Grpc.Wire;

/// <summary>Length-prefixed messages: one flag byte, four bytes of big-endian length, the message.</summary>
internal static class Frames
{
    public const int PrefixBytes = 5;

    /// <summary>Writes a message with its prefix. The memory is the caller's until the next call.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public static void Write(IBufferWriter<byte> output, IMessage message, int maxMessageBytes)
    {
        int size = message.CalculateSize();
        if (size > maxMessageBytes) throw TooLarge("to send", size, maxMessageBytes);
        var span = output.GetSpan(PrefixBytes + size)[..(PrefixBytes + size)];
        span[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], size);
        message.WriteTo(span[PrefixBytes..]);
        output.Advance(PrefixBytes + size);
    }

    public static byte[] ToArray(IMessage message, int maxMessageBytes)
    {
        var buffer = new ArrayBufferWriter<byte>(PrefixBytes + Math.Min(message.CalculateSize(), maxMessageBytes) + 1);
        Write(buffer, message, maxMessageBytes);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads one message, however the transport cut it; null at the end of the stream.</summary>
    /// <exception cref="RpcException">The frame is compressed, over the limit, cut short, or not this message.</exception>
    public static async ValueTask<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, int maxMessageBytes, CancellationToken ct)
        where T : class, IMessage<T>
    {
        byte[] prefix = new byte[PrefixBytes];
        int read = await stream.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, ct);
        if (read == 0) return null;
        if (read < PrefixBytes) throw Fault(StatusCode.Internal, "The stream ended inside a frame prefix.");
        if (prefix[0] != 0) throw Fault(StatusCode.Unimplemented, "Compressed messages are not accepted; send grpc-encoding identity.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > (uint)maxMessageBytes) throw TooLarge("received", length, maxMessageBytes);

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var body = buffer.AsMemory(0, (int)length);
            if (await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, ct) < body.Length)
            {
                throw Fault(StatusCode.Internal, $"The stream ended inside a message of {length} bytes.");
            }

            return parser.ParseFrom(buffer, 0, (int)length);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The message cannot be decoded: " + e.Message), e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static RpcException TooLarge(string verb, long size, int limit) =>
        Fault(StatusCode.ResourceExhausted, $"The message {verb} has {size} bytes; the limit is {limit}.");

    private static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));
}
