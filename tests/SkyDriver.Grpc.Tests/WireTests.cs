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
        byte[] one = Frames.ToArray(new StringValue { Value = "first" }, 1000);
        byte[] two = Frames.ToArray(new StringValue { Value = new string('x', 300) }, 1000);
        var stream = new TrickleStream([.. one, .. two]);
        Assert.Equal("first", (await Read(stream))!.Value);
        Assert.Equal(300, (await Read(stream))!.Value.Length);
        Assert.Null(await Read(stream));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 }, StatusCode.Internal)]                    // cut inside the prefix
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, StatusCode.Internal)]           // cut inside the message
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Unimplemented)]         // compressed
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 255 }, StatusCode.Internal)]         // no protobuf
    public async Task ReadAsync_BrokenFrame_HasItsStatus(byte[] bytes, StatusCode expected)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await Read(new MemoryStream(bytes)));
        Assert.Equal(expected, fault.StatusCode);
    }

    [Fact]
    public void ToArray_Prefix_IsFlagAndBigEndianLength()
    {
        byte[] frame = Frames.ToArray(new BytesValue { Value = ByteString.CopyFrom(new byte[1000]) }, 2000);
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

    private static ValueTask<StringValue?> Read(Stream stream) =>
        Frames.ReadAsync(stream, StringValue.Parser, 1000, CancellationToken.None);

    /// <summary>Hands out one byte per read, as the worst split of DATA frames would.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
