using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Envelope;
using SkyDriver.IceCube.Frames;

namespace SkyDriver.IceCube.Tests.Frames;

public class FrameCodecTests
{
    public static TheoryData<string, int> RealFrames
    {
        get
        {
            var frames = new TheoryData<string, int>();
            foreach (string file in RealEvents.Files)
                for (int i = 0; i < 5; i++) frames.Add(file, i);
            return frames;
        }
    }

    [Theory, MemberData(nameof(RealFrames))]   // every object of a class we write is decoded and built again from its values
    public void Write_DecodedRealFrame_GivesTheIdenticalBytes(string file, int index)
    {
        (ReadOnlyMemory<byte> blob, char letter) = Blob(file, index);
        Frame frame = FrameCodec.Read(blob, letter);
        int rebuilt = 0;
        byte[] written = FrameCodec.Write(letter, frame.Slots.Reverse().Select(slot => (slot.Key, slot.TypeName, Rebuild(slot, ref rebuilt))));
        Assert.True(blob.Span.SequenceEqual(written));
        Assert.Equal(frame.Slots.Count(slot => ObjectCatalog.Find(slot.ClassName)?.Write is not null), rebuilt);
    }

    [Theory]
    [InlineData("138632_31747601.json", 3, 3)]
    [InlineData("138632_31747601.json", 4, 15)]
    [InlineData("event_HESE_2017-11-28.json", 3, 3)]
    [InlineData("event_HESE_2017-11-28.json", 4, 17)]
    public void Read_RealFrame_HasTheExpectedNumberOfKnownObjects(string file, int index, int known)
    {
        (ReadOnlyMemory<byte> blob, char letter) = Blob(file, index);
        Assert.Equal(known, FrameCodec.Read(blob, letter).Slots.Count(slot => slot.Decode() is not null));
    }

    [Fact]   // the usual check string; value from the frame format's description, no final inversion
    public void Crc32C_CheckString_HasThePublishedValue() => Assert.Equal(0x58E3FA20u, FrameCodec.Crc32C("123456789"u8));

    [Fact]
    public void Write_TypeNames_AreThoseOfRealFrames()
    {
        foreach (string file in RealEvents.Files)
        {
            foreach (int index in new[] { 3, 4 })
            {
                (ReadOnlyMemory<byte> blob, char letter) = Blob(file, index);
                foreach (Slot slot in FrameCodec.Read(blob, letter).Slots)
                    if (ObjectCatalog.Find(slot.ClassName) is { } codec) Assert.Equal(slot.TypeName, codec.TypeName);
            }
        }
    }

    private static byte[] Rebuild(Slot slot, ref int rebuilt)
    {
        if (ObjectCatalog.Find(slot.ClassName)?.Write is null) return slot.Buffer.ToArray();
        rebuilt++;
        (_, byte[] buffer) = ObjectCatalog.Write(slot.Decode()!);
        Assert.True(slot.Buffer.Span.SequenceEqual(buffer), $"{slot.Key} is written differently");
        return buffer;
    }

    private static (ReadOnlyMemory<byte> Blob, char Letter) Blob(string file, int index)
    {
        using RealtimeMessage message = RealtimeMessage.Parse(RealEvents.Bytes(file));
        char letter = message.FrameLetter(index);
        return (PickleWalker.FindBlob(TransportText.Decode(message.FrameText(index), letter), letter), letter);
    }
}
