using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;

namespace SkyDriver.IceCube.Envelope;

/// <summary>Text of one frame in the message: base64 of (usually) one zlib stream.</summary>
internal static class TransportText
{
    private const byte ZlibHeader = 0x78;
    private static readonly SearchValues<byte> Base64Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>The pickled frame. Bytes that are not zlib are returned as they are: scanners once sent them so.</summary>
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text, char frame)
    {
        byte[] packed = FromBase64(text, $"base64 of frame {frame}");
        return packed[0] == ZlibHeader ? Inflate(packed, $"zlib of frame {frame}") : packed;
    }

    /// <summary>Stored, not compressed: events are small, and so the text does not depend on the version of a compression library.</summary>
    public static string Encode(ReadOnlySpan<byte> pickle)
    {
        using var packed = new MemoryStream();
        using (var deflater = new ZLibStream(packed, CompressionLevel.NoCompression, leaveOpen: true)) deflater.Write(pickle);
        return Convert.ToBase64String(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    private static byte[] FromBase64(ReadOnlySpan<byte> text, string layer)
    {
        if (text.IsEmpty) throw new EventFormatException(layer, 0, "the text is empty");
        if (text.Length > Limits.TransportText)
            throw new EventFormatException(layer, 0, $"{text.Length} characters are more than the {Limits.TransportText} allowed");
        if (text.IndexOfAnyExcept(Base64Alphabet) is >= 0 and var bad)
            throw new EventFormatException(layer, bad, $"byte 0x{text[bad]:X2} is not base64");
        byte[] packed = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        OperationStatus status = Base64.DecodeFromUtf8(text, packed, out int consumed, out int written);
        if (status != OperationStatus.Done || written == 0)
            throw new EventFormatException(layer, consumed, "the text is cut off or wrongly padded");
        return written == packed.Length ? packed : packed[..written];
    }

    private static ReadOnlyMemory<byte> Inflate(byte[] packed, string layer)
    {
        int limit = (int)Math.Min(Limits.InflatedBytes, (long)packed.Length * Limits.InflationFactor);
        using var source = new WithheldEnd(packed);
        using var inflater = new ZLibStream(source, CompressionMode.Decompress);
        byte[] output = new byte[Math.Min(limit + 1, packed.Length * 4)];
        int length = 0;
        try
        {
            for (int got; (got = inflater.Read(output.AsSpan(length))) > 0;)
            {
                length += got;
                if (length > limit) throw new EventFormatException(layer, length, $"it inflates to more than the {limit} bytes allowed");
                if (length == output.Length) Array.Resize(ref output, (int)Math.Min(limit + 1L, output.Length * 2L));
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException)
        {
            throw new EventFormatException(layer, source.Position, "the compressed bytes are damaged", broken);
        }

        if (source.RanDry) throw new EventFormatException(layer, packed.Length, "the compressed bytes are cut off");
        if (source.Position < packed.Length) throw new EventFormatException(layer, source.Position, "bytes follow the compressed stream");
        return output.AsMemory(0, length);
    }

    /// <summary>Hands the last byte out by itself. ZLibStream tells neither of a missing end nor of bytes behind it, but it only asks
    /// for what it needs: an unread last byte means that the stream ended before, a read past it that it did not end.</summary>
    private sealed class WithheldEnd(byte[] bytes) : Stream
    {
        private int position;

        public bool RanDry { get; private set; }

        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override long Length => bytes.Length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override int Read(Span<byte> buffer)
        {
            int end = position < bytes.Length - 1 ? bytes.Length - 1 : bytes.Length;
            int count = Math.Min(buffer.Length, end - position);
            RanDry |= position == bytes.Length;
            bytes.AsSpan(position, count).CopyTo(buffer);
            position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
