using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc.Tests;

/// <summary>Frames and header texts, without a network.</summary>
public sealed class WireTests
{
    [Fact]
    public async Task ReadAsync_BytesArriveOneByOne_MessagesAreWhole()
    {
        byte[] one = Frame(new StringValue { Value = "first" });
        byte[] two = Frame(new StringValue { Value = new string('x', 300) });
        using var reader = new FrameReader(new TrickleStream([.. one, .. two]), 1000);
        Assert.Equal("first", (await Read(reader))!.Value);
        Assert.Equal(300, (await Read(reader))!.Value.Length);
        Assert.Null(await Read(reader));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 }, StatusCode.Internal)]                    // cut inside the prefix
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, StatusCode.Internal)]           // cut inside the message
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Unimplemented)]         // compressed
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 255 }, StatusCode.Internal)]         // no protobuf
    public async Task ReadAsync_BrokenFrame_HasItsStatus(byte[] bytes, StatusCode expected)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await Read(new FrameReader(new MemoryStream(bytes), 1000)));
        Assert.Equal(expected, fault.StatusCode);
    }

    [Fact]
    public void Write_Prefix_IsFlagAndBigEndianLength()
    {
        byte[] frame = Frame(new BytesValue { Value = ByteString.CopyFrom(new byte[1000]) });
        Assert.Equal(0, frame[0]);
        Assert.Equal(frame.Length - 5, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)));
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100 %", "100 %25")]
    [InlineData("é\n", "%C3%A9%0A")]
    [InlineData("", "")]
    public void Encode_Message_IsPercentEncodedUtf8(string text, string wire)
    {
        Assert.Equal(wire, StatusText.Encode(text));
        Assert.Equal(text, StatusText.Decode(wire));
    }

    [Fact]
    public void Decode_MalformedEscape_IsKept() => Assert.Equal("50% off %zz", StatusText.Decode("50% off %zz"));

    [Theory]
    [InlineData("!!!")]
    [InlineData("AAAA")]
    [InlineData("")]
    [InlineData(null)]
    public void DecodeDetails_Garbage_IsNoError(string? value) => Assert.Null(StatusText.DecodeDetails(value));

    [Fact]
    public void DecodeDetails_WithAndWithoutPadding_IsTheSame()
    {
        var rich = new Protos.Rpc.Status { Code = 9, Message = "abcd" };
        string bare = StatusText.EncodeDetails(rich)!;
        Assert.Equal(rich, StatusText.DecodeDetails(bare));
        Assert.Equal(rich, StatusText.DecodeDetails(Convert.ToBase64String(rich.ToByteArray())));
    }

    [Theory]
    [InlineData(1, "1u")]                        // rounded up from 0.1 µs
    [InlineData(10_000, "1000u")]
    [InlineData(10_000_000L * 100, "100000m")]   // 100 s
    [InlineData(10_000_000L * 3600 * 24 * 365, "31536000S")]
    [InlineData(0, "0n")]
    public void Format_Ticks_FitsEightDigits(long ticks, string expected)
    {
        Assert.Equal(expected, TimeoutText.Format(TimeSpan.FromTicks(ticks)));
        Assert.True(TimeoutText.TryParse(expected, out var back));
        Assert.InRange(back.Ticks - ticks, 0, 9);
    }

    [Theory]
    [InlineData("2H", 72_000_000_000)]
    [InlineData("3M", 1_800_000_000)]
    [InlineData("500n", 5)]
    public void TryParse_Units_AreKnown(string text, long ticks)
    {
        Assert.True(TimeoutText.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-5S")]
    [InlineData("5x")]
    [InlineData("123456789S")]
    [InlineData(null)]
    public void TryParse_Garbage_IsFalse(string? text) => Assert.False(TimeoutText.TryParse(text, out _));

    [Fact]
    public async Task ReadAsync_MessageLargerThanTheFirstBuffer_IsWholeAndFollowedByTheNext()
    {
        byte[] large = Frame(new StringValue { Value = new string('y', 100_000) });
        byte[] small = Frame(new StringValue { Value = "next" });
        using var reader = new FrameReader(new MemoryStream([.. small, .. large, .. small]), 200_000);
        Assert.Equal("next", (await Read(reader))!.Value);
        Assert.Equal(100_000, (await Read(reader))!.Value.Length);
        Assert.Equal("next", (await Read(reader))!.Value);
        Assert.Null(await Read(reader));
    }

    /// <summary>A prefix that promises 4 MiB costs nothing before the bytes come.</summary>
    [Fact]
    public void ReadAsync_PrefixPromisesMuch_CostsOnlyWhatArrives()
    {
        const int limit = 4 * 1024 * 1024;
        byte[] bytes = [0, 0, 64, 0, 0, 1, 2, 3];
        Promise();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Promise();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);

        void Promise()
        {
            using var reader = new FrameReader(new MemoryStream(bytes), limit);
            // A memory stream answers at once, so all of this happens on this thread.
            var read = Read(reader);
            Assert.True(read.IsFaulted);
            Assert.Equal(StatusCode.Internal, Assert.IsType<RpcException>(read.AsTask().Exception!.InnerException).StatusCode);
        }
    }

    /// <summary>Whatever the bytes, and however they are cut: messages, the end, or a status of the four that fit.</summary>
    [Fact]
    public async Task ReadAsync_RandomBytes_EndInMessagesOrAStatus()
    {
        var random = new Random(20260807);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = Mutated(random);
            Stream stream = round % 2 == 0 ? new MemoryStream(bytes) : new TrickleStream(bytes);
            using var reader = new FrameReader(stream, 1000);
            try
            {
                while (await Read(reader) is not null)
                {
                }
            }
            catch (RpcException e)
            {
                Assert.Contains(e.StatusCode, (StatusCode[])[StatusCode.Internal, StatusCode.Unimplemented, StatusCode.ResourceExhausted]);
            }
        }
    }

    [Fact]
    public async Task ReadAsync_DisposedWhileReading_LeavesTheBufferToThatRead()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var reader = new FrameReader(pipe.Reader.AsStream(), 1000);
        var pending = Read(reader).AsTask();
        reader.Dispose();
        await pipe.Writer.WriteAsync(Frame(new StringValue { Value = "late" }));
        Assert.Equal("late", (await pending)!.Value);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Read(reader));
    }

    private static byte[] Mutated(Random random)
    {
        byte[] bytes = [.. Frame(new StringValue { Value = "first" }), .. Frame(new StringValue { Value = new string('x', random.Next(400)) })];
        for (int i = random.Next(4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes[..random.Next(bytes.Length + 1)];
    }

    private static byte[] Frame(IMessage message)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        Frames.Write(buffer, message, int.MaxValue);
        return buffer.WrittenSpan.ToArray();
    }

    private static ValueTask<StringValue?> Read(FrameReader reader) => reader.ReadAsync(StringValue.Parser, CancellationToken.None);

    /// <summary>Hands out one byte per read, as the worst split of DATA frames would.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
