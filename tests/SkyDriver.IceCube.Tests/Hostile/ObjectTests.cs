using System.Buffers.Binary;
using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube.Tests.Hostile;

public class ObjectTests
{
    private static readonly object[] Samples =
    [
        new EventHeader(1, 2, 3, 20, 4, "InIceSplit", new DaqTime(2023, 1), new DaqTime(2023, 2)),
        new Particle(1, 2, 13, ParticleShape.InfiniteTrack, FitStatus.OK, new Position(1, 2, 3), 1, 2, 3, double.NaN, double.NaN, 0.3, 0),
        new Position(1, 2, 3), 1.5, true, -7, "text", new TimeWindow(1, 2), new FitParameters(1, 2, 3, 4),
        new ModuleKey[] { new(1, 2), new(86, 64, 3) }, new byte[] { 1, 2, 3 },
        new PulseTable([new(1, 2), new(1, 3), new(2, 1)], [0, 2, 2, 3], [new(1, 2, 5, 1.5, 2, 7), new(1, 2, 6, 1, 2, 4), new(2, 1, 7, 1, 2, 1)]),
        new PulseMask("I3SuperDST", BitMask.From([true, false, true]), [BitMask.From([true, true]), BitMask.From([false])]),
        CompactPacker.Pack([new(1, 2, 5, 1.5, 2, 7), new(1, 2, 6, 1, 2, 7), new(80, 62, 7, 1, 2, 4)]),
    ];

    public static TheoryData<int> AllSamples => [.. Enumerable.Range(0, Samples.Length)];

    [Theory, MemberData(nameof(AllSamples))]
    public void Read_WrittenObject_IsWrittenAgainAlike(int sample)
    {
        byte[] buffer = ObjectCatalog.Write(Samples[sample]).Buffer;
        object read = ObjectCatalog.Read(buffer, "test")!;
        Assert.Equal(Samples[sample].GetType(), read.GetType());
        Assert.Equal(buffer, ObjectCatalog.Write(read).Buffer);
        if (Samples[sample] is not (PulseTable or PulseMask or CompactPulses)) Assert.Equal(Samples[sample], read);
    }

    [Theory, MemberData(nameof(AllSamples))]
    public void Read_CutAnywhereOrTooLong_IsRefusedWhereItEnds(int sample)
    {
        byte[] buffer = ObjectCatalog.Write(Samples[sample]).Buffer;
        for (int length = 0; length < buffer.Length; length++)
        {
            EventFormatException refusal = Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer.AsSpan(0, length), "test"));
            Assert.InRange(refusal.Offset, 0, length);
        }

        Assert.Contains("left over", Assert.Throws<EventFormatException>(() => ObjectCatalog.Read([.. buffer, 0], "test")).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(AllSamples))]
    public void Read_AnySingleBitChanged_IsReadOrRefused(int sample)
    {
        byte[] buffer = ObjectCatalog.Write(Samples[sample]).Buffer;
        int refused = 0;
        for (int bit = 0; bit < buffer.Length * 8; bit++)
        {
            byte[] changed = [.. buffer];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                ObjectCatalog.Read(changed, "test");
            }
            catch (EventFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > 100, $"only {refused} changes were refused; preamble and ids alone are more");
    }

    [Theory]   // every place where a count is read, set to as much as the field can say
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public void Read_HugeCounts_AllocateNothing(int sample)
    {
        byte[] buffer = ObjectCatalog.Write(Samples[sample]).Buffer;
        for (int place = 20; place + 4 <= buffer.Length; place++)
        {
            foreach (uint count in new uint[] { uint.MaxValue, uint.MaxValue - 1, int.MaxValue, 900_000 })
            {
                byte[] changed = [.. buffer];
                BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(place), count);
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    ObjectCatalog.Read(changed, "test");
                }
                catch (EventFormatException)
                {
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
            }
        }
    }

    [Theory]
    [InlineData(247)]   // eight bytes of size
    [InlineData(251)]
    [InlineData(255)]   // of none
    public void Read_HugeCompactSize_AllocatesNothing(byte marker)
    {
        ArchiveWriter writer = new ArchiveWriter("I3SuperDST", 1).Enter(ArchiveClass.FrameObject).Enter(ArchiveClass.StampVector)
            .Enter(ArchiveClass.CompactSize).U8(marker).U64(ulong.MaxValue / 3);
        byte[] buffer = writer.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer, "test"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Theory]
    [InlineData((byte)0)]
    [InlineData((byte)1)]
    [InlineData((byte)2)]
    public void Read_OlderHeaders_LackTheNewerFields(byte version)
    {
        ArchiveWriter writer = new ArchiveWriter("I3EventHeader", version).Enter(ArchiveClass.FrameObject).U32(100);
        if (version >= 1) writer.U32(5);
        writer.U32(7);
        if (version >= 2) writer.I32(20);
        for (int i = 0; i < 2; i++) writer.Enter(ArchiveClass.Time).Enter(ArchiveClass.FrameObject).I32(2010).U64(9);
        var time = new DaqTime(2010, 9);
        Assert.Equal(
            new EventHeader(100, version >= 1 ? 5 : 0, 7, version >= 2 ? 20 : 0, 0, "", time, time), ObjectCatalog.Read(writer.ToArray(), "test"));
    }

    [Theory]
    [InlineData((byte)1, true)]
    [InlineData((byte)3, true)]
    [InlineData((byte)0, false)]
    [InlineData((byte)4, false)]
    [InlineData((byte)6, false)]
    public void Read_OlderParticles_AreReadUpToVersion3(byte version, bool readable)
    {
        ArchiveWriter writer = new ArchiveWriter("I3Particle", version).Enter(ArchiveClass.FrameObject).I32(3);
        if (version >= 2) writer.U64(4);
        writer.I32(6).I32(40).I32(0);
        writer.Enter(ArchiveClass.Position).Enter(ArchiveClass.FrameObject).F64(1).F64(2).F64(3);
        writer.Enter(ArchiveClass.Direction).Enter(ArchiveClass.FrameObject).F64(0.5).F64(0.6).F64(7).F64(8).F64(9).F64(0.3).I32(0);
        byte[] buffer = writer.ToArray();
        if (!readable)
        {
            Assert.Contains("version", Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer, "test")).Message, StringComparison.Ordinal);
            return;
        }

        var expected = new Particle(version >= 2 ? 4u : 0u, 3, 0, ParticleShape.InfiniteTrack, FitStatus.OK, new(1, 2, 3), 0.5, 0.6, 7, 8, 9, 0.3, 0);
        Assert.Equal(expected, ObjectCatalog.Read(buffer, "test"));
    }

    [Fact]   // an id that is not the next would be "the same object again"
    public void Read_RepeatedObjectId_IsRefused()
    {
        byte[] buffer = ObjectCatalog.Write(new Position(1, 2, 3)).Buffer;
        int id = buffer.Length - 3 * 8 - 4;
        buffer[id] = 0;
        Assert.Contains("object id 0", Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer, "test")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2004, 0)]
    [InlineData(2101, 0)]
    [InlineData(2023, -1)]
    [InlineData(2023, 366L * 864_000_000_000_000 + 10_000_000_001)]
    public void Read_ImpossibleTime_IsRefused(int year, long ticks)
    {
        ArchiveWriter writer = new ArchiveWriter("I3EventHeader", 0).Enter(ArchiveClass.FrameObject).U32(100).U32(7);
        for (int i = 0; i < 2; i++) writer.Enter(ArchiveClass.Time).Enter(ArchiveClass.FrameObject).I32(year).U64(unchecked((ulong)ticks));
        Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(writer.ToArray(), "test"));
    }

    [Fact]
    public void Read_MapOutOfOrder_IsRefused()
    {
        byte[] buffer = ObjectCatalog.Write(new PulseTable([new(2, 1), new(1, 1)], [0, 0, 0], [])).Buffer;
        Assert.Contains("not above", Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer, "test")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.PositiveInfinity)]
    public void Read_PulseThatIsNotFinite_IsRefused(double time, double charge)
    {
        byte[] buffer = ObjectCatalog.Write(new PulseTable([new(2, 1)], [0, 1], [new(2, 1, time, charge, 1, 4)])).Buffer;
        Assert.Throws<EventFormatException>(() => ObjectCatalog.Read(buffer, "test"));
    }
}
