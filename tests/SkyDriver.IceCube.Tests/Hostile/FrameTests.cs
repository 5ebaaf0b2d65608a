using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Frames;

namespace SkyDriver.IceCube.Tests.Hostile;

public class FrameTests
{
    [Fact]
    public void Read_BlobCutAnywhere_IsRefused()
    {
        byte[] blob = new MessageKit().Blob(MessageKit.P);
        for (int length = 0; length < blob.Length; length++)
            Assert.Throws<EventFormatException>(() => FrameCodec.Read(blob[..length], 'P'));
    }

    [Fact]
    public void Read_AnySingleBitChanged_IsRefused()
    {
        byte[] blob = new MessageKit().Blob(0);
        for (int bit = 0; bit < blob.Length * 8; bit++)
        {
            byte[] changed = [.. blob];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<EventFormatException>(() => FrameCodec.Read(changed, 'G'));
        }
    }

    [Fact]
    public void Read_WrongChecksum_NamesBoth()
    {
        var kit = new MessageKit();
        byte[] blob = kit.Blob(MessageKit.Q);
        blob[^1] ^= 0x55;
        MessageKit.Refused(kit.BuildWithBlob(MessageKit.Q, blob), "frame Q", "checksum");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    [InlineData(7)]
    public void Read_OtherVersion_IsNamed(byte version)
    {
        byte[] blob = new MessageKit().Blob(0);
        blob[4] = version;
        Assert.Contains($"version {version}", Assert.Throws<EventFormatException>(() => FrameCodec.Read(blob, 'G')).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_StreamOtherThanTheMessageSays_IsRefused()
    {
        var kit = new MessageKit();
        MessageKit.Refused(kit.Build((i, _) => i == 1 ? Envelope.TransportText.Encode(Envelope.PickleWalker.Wrap(kit.Blob(0))) : null), "frame C", "stream 'G'");
    }

    [Fact]
    public void Read_HugeSlotCount_AllocatesNothing()
    {
        byte[] blob = Sealed([.. "[i3]"u8, 6, 0, 0, 0, 0, 0, (byte)'G', 0xFE, 0xFF, 0xFF, 0xFF]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EventFormatException>(() => FrameCodec.Read(blob, 'G'));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Read_KeyTwice_IsRefused()
    {
        (string type, byte[] buffer) = ObjectCatalog.Write(1.0);
        byte[] blob = FrameCodec.Write('G', [("a", type, buffer), ("a", type, buffer)]);
        Assert.Contains("twice", Assert.Throws<EventFormatException>(() => FrameCodec.Read(blob, 'G')).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData(null)]
    public void Read_ImpossibleKey_IsRefused(string? key)
    {
        (string type, byte[] buffer) = ObjectCatalog.Write(1.0);
        byte[] blob = FrameCodec.Write('G', [(key ?? new string('k', 257), type, buffer)]);
        Assert.Throws<EventFormatException>(() => FrameCodec.Read(blob, 'G'));
    }

    [Fact]
    public void Read_EmptyObject_IsRefused() =>
        Assert.Throws<EventFormatException>(() => FrameCodec.Read(FrameCodec.Write('G', [("a", "I3Double", [])]), 'G'));

    [Fact]   // keys were written in any order in 2016; a foreign class and a null object are no faults
    public void Read_AnyKeyOrderAndUnknownClasses_AreFine()
    {
        var foreign = new ArchiveWriter("I3Unheard", 77);
        byte[] nothing = [0, 1, 0xFF, 0xFF];
        byte[] blob = FrameCodec.Write('G', [("a", "I3Unheard", foreign.U64(9).ToArray()), ("b", "I3Double", nothing)]);
        int first = blob.AsSpan().IndexOf("\u0001\0\0\0a"u8), second = blob.AsSpan().IndexOf("\u0001\0\0\0b"u8);
        byte[] swapped = Sealed([.. blob[..first], .. blob[second..^4], .. blob[first..second]]);
        Frame frame = FrameCodec.Read(swapped, 'G');
        Assert.Equal(["b", "a"], frame.Slots.Select(slot => slot.Key));
        Assert.Equal(["", "I3Unheard"], frame.Slots.Select(slot => slot.ClassName));
        Assert.All(frame.Slots, slot => Assert.Null(slot.Decode()));
    }

    private static byte[] Sealed(byte[] withoutSum) => [.. withoutSum, .. BitConverter.GetBytes(FrameCodec.Crc32C(withoutSum.AsSpan(10)))];
}
