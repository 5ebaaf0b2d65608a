using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace SkyDriver.Grpc.Tests.Hostile;

/// <summary>Types of HTTP/2 frames.</summary>
internal static class FrameType
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Push = 5;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;
    public const byte Unheard = 0xFA;
}

internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The error that a RST_STREAM or GOAWAY frame names.</summary>
    public int Error => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));
}

/// <summary>Writes and reads HTTP/2 byte by byte, so that a test can get everything wrong that a peer can get wrong.</summary>
internal static class RawHttp2
{
    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;
    public const byte Padded = 8;

    public static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    public static byte[] Frame(byte type, byte flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public static byte[] Settings(params (ushort Id, uint Value)[] values)
    {
        byte[] payload = new byte[6 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(6 * i), values[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((6 * i) + 2), values[i].Value);
        }

        return Frame(FrameType.Settings, 0, 0, payload);
    }

    public static byte[] Headers(int stream, byte flags, params (string Name, string Value)[] fields) =>
        Frame(FrameType.Headers, flags, stream, Block(fields));

    public static byte[] Number(byte type, int stream, params uint[] values)
    {
        byte[] payload = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4 * i), values[i]);
        return Frame(type, 0, stream, payload);
    }

    /// <summary>Header fields as literals that enter no table.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            Literal(block, name);
            Literal(block, value);
        }

        return [.. block];
    }

    /// <summary>Null at the end of the connection, however it ends.</summary>
    public static async Task<Http2Frame?> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        try
        {
            byte[] head = new byte[9];
            await stream.ReadExactlyAsync(head, ct);
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, ct);
            return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Literal(List<byte> block, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        if (bytes.Length < 127) block.Add((byte)bytes.Length);
        else
        {
            block.Add(127);
            int rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7) block.Add((byte)((rest & 127) | 128));
            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
