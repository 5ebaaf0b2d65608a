using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Envelope;
using SkyDriver.IceCube.Frames;

namespace SkyDriver.IceCube.Tests.Pulses;

public class CompactPackerTests
{
    [Fact]   // no pulse of this event needed a repair, so its pulses hold all but the order of groups that start in the same nanosecond
    public void Pack_UnpackedRealRecord_GivesTheSameGroupsAndPulsesBack()
    {
        CompactPulses record = Record("event_HESE_2017-11-28.json");
        PulseTable table = CompactUnpacker.Unpack(record, "test").Table;
        CompactPulses packed = CompactPacker.Pack(table.Pulses);
        Assert.Equal(record.Stamps.Length, packed.Stamps.Length);
        Assert.Equal(record.Headers.Select(ModuleBits).Order(), packed.Headers.Select(ModuleBits).Order());
        Assert.Equal(
            table.Pulses.Select(pulse => pulse with { Width = 0 }),
            CompactUnpacker.Unpack(packed, "test").Table.Pulses.Select(pulse => pulse with { Width = 0 }));

        static int ModuleBits(ushort header) => header & 0x1FFF;
    }

    [Fact]
    public void Pack_SaturatedCodes_RoundTrip()
    {
        Pulse[] pulses =
        [
            new(1, 1, -512, 0.025, 1, 4), new(1, 1, -257, 3.175, 2, 4), new(1, 1, 70_000, 4000.025, 128, 4),
            new(1, 2, 1535, 3.125, 8, 7), new(2, 60, 65535 + 2047 - 512, 65535 * 0.05 + 63 * 0.05 + 0.025, 1, 7),
            new(86, 61, 100, Math.Pow(10, 9000 * 9.0 / 16383 - 2), 16, 7), new(86, 61, 900, 0.01, 16, 4),
        ];
        (PulseTable table, SuperDstCounters counters) = CompactUnpacker.Unpack(CompactPacker.Pack(pulses), "test");
        Assert.Equal(pulses.Length, table.Pulses.Length);
        foreach ((Pulse put, Pulse got) in pulses.Zip(table.Pulses))
        {
            Assert.Equal((put.String, put.Om, put.Time, put.Flags, put.Width), (got.String, got.Om, got.Time, got.Flags, got.Width));
            Assert.Equal(put.Charge, got.Charge, put.Charge * 1e-12 + 0.025);
        }

        Assert.Equal(2, counters.ExtraBytes);
    }

    [Fact]   // more pulses than one nibble of run length, and than one byte of compact size, can say
    public void Pack_ManyEqualWidths_RoundTrip()
    {
        Pulse[] pulses = [.. Enumerable.Range(0, 70_000).Select(i => new Pulse(1 + i / 60 % 86, 1 + i % 60, 10.0 * i, 1.025, 4, 4))];
        CompactPulses record = CompactPacker.Pack(pulses);
        var read = Assert.IsType<CompactPulses>(ObjectCatalog.Read(ObjectCatalog.Write(record).Buffer, "test"));
        (PulseTable table, SuperDstCounters counters) = CompactUnpacker.Unpack(read, "test");
        Assert.Equal(pulses.Length, table.Pulses.Length);
        Assert.Equal([pulses.Length, 0, 0, 0], counters.Widths);
        Assert.All(table.Pulses, pulse => Assert.Equal(4, pulse.Width));
    }

    [Theory]
    [InlineData(1, 1, -513)]
    [InlineData(87, 1, 0)]
    [InlineData(1, 65, 0)]
    [InlineData(1, 1, 1e10)]
    public void Pack_PulseOutsideTheRecord_Throws(int @string, int om, double time) =>
        Assert.Throws<ArgumentException>(() => CompactPacker.Pack([new Pulse(@string, om, time, 1, 1, 4)]));

    [Fact]   // the one case in the 2023 event, module (2, 43), and the two ways a first pulse can be without a predecessor
    public void Repair_EqualTimes_SharesTheInterval()
    {
        Assert.Equal([(10040, 0.5), (10040.5, 0.5), (10075, 1), (10094, 1)], Repair((10040, 1), (10075, 1), (10075, 1), (10094, 1)));
        Assert.Equal([(10, 2), (12, 2), (50, 4)], Repair((10, 4), (10, 4), (50, 4)));
        Assert.Equal([(10, 2), (12, 2)], Repair((10, 4), (10, 4)));
        Assert.Equal([(10, 3), (13, 8)], Repair((10, 8), (13, 8)));
        Assert.Equal([(10, 8)], Repair((10, 8)));
    }

    private static (double, double)[] Repair(params (double Time, double Width)[] module)
    {
        Pulse[] pulses = [.. module.Select(pulse => new Pulse(1, 1, pulse.Time, 1, pulse.Width, 4))];
        OverlapRepair.Apply(pulses);
        return [.. pulses.Select(pulse => (pulse.Time, pulse.Width))];
    }

    private static CompactPulses Record(string file)
    {
        using RealtimeMessage message = RealtimeMessage.Parse(RealEvents.Bytes(file));
        ReadOnlyMemory<byte> blob = PickleWalker.FindBlob(TransportText.Decode(message.FrameText(3), 'Q'), 'Q');
        return (CompactPulses)FrameCodec.Read(blob, 'Q').Find("I3SuperDST")!.Decode()!;
    }
}
