using System.Text.Json.Nodes;
using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Simulation;

namespace SkyDriver.IceCube.Tests.Hostile;

public class EventTests
{
    private const string Split = "SplitInIcePulses";

    [Fact]
    public void Read_MaskOnItself_IsRefused() =>
        MessageKit.Refused(new MessageKit().Put(MessageKit.P, Split, MaskOn(Split)).Build(), "mask", "selects from itself");

    [Fact]
    public void Read_MasksInACircle_AreRefused()
    {
        var kit = new MessageKit().Put(MessageKit.P, Split, MaskOn("A")).Put(MessageKit.Q, "A", MaskOn("B")).Put(MessageKit.Q, "B", MaskOn("A"));
        MessageKit.Refused(kit.Build(), "mask", "selects from itself");
    }

    [Fact]
    public void Read_LongChainOfMasks_IsRefused()
    {
        var kit = new MessageKit().Put(MessageKit.P, Split, MaskOn("M0"));
        for (int i = 0; i < 20; i++) kit.Put(MessageKit.Q, $"M{i}", MaskOn($"M{i + 1}"));
        MessageKit.Refused(kit.Build(), "mask", "more than 8");
    }

    [Fact]
    public void Read_MissingSource_IsNamed() =>
        MessageKit.Refused(new MessageKit().Remove(MessageKit.Q, "InIceDSTPulses").Build(), "mask", "InIceDSTPulses");

    [Fact]
    public void Read_MaskOnSomethingElse_IsRefused() =>
        MessageKit.Refused(new MessageKit().Put(MessageKit.P, Split, MaskOn("I3EventHeader")).Build(), "mask", "not pulses");

    [Theory]
    [InlineData(0, "module bits")]
    [InlineData(1, "fewer pulse masks")]
    [InlineData(2, "pulse bits")]
    public void Read_MaskOfWrongLength_IsRefused(int fault, string says)
    {
        var kit = new MessageKit();
        var mask = (PulseMask)ObjectCatalog.Read(kit.Buffer(MessageKit.P, Split), "test")!;
        kit.Put(MessageKit.P, Split, fault switch
        {
            0 => mask with { Modules = BitMask.From(new bool[mask.Modules.Length + 1]) },
            1 => mask with { Pulses = mask.Pulses[..^1] },
            _ => mask with { Pulses = [BitMask.From(new bool[99]), .. mask.Pulses[1..]] },
        });
        MessageKit.Refused(kit.Build(), $"mask {Split} of frame P", says);
    }

    [Fact]
    public void Read_TooManyPulseMasks_AreRefused()
    {
        var kit = new MessageKit();
        var mask = (PulseMask)ObjectCatalog.Read(kit.Buffer(MessageKit.P, Split), "test")!;
        kit.Put(MessageKit.P, Split, mask with { Pulses = [.. mask.Pulses, BitMask.From([true])] });
        MessageKit.Refused(kit.Build(), $"mask {Split} of frame P", "set module bits");
    }

    [Fact]
    public void Read_NoPulses_IsRefused()
    {
        MessageKit.Refused(new MessageKit().Remove(MessageKit.P, Split).Build(), "event", "no pulses");
        PulseTable none = new([], [0], []);
        MessageKit.Refused(new MessageKit().Put(MessageKit.P, Split, none).Build(), "event", "no pulses");
    }

    [Fact]
    public void Read_MissingHeader_IsNamed()
    {
        MessageKit.Refused(new MessageKit().Remove(MessageKit.P, "I3EventHeader").Build(), "event", "I3EventHeader");
        MessageKit.Refused(new MessageKit().Put(MessageKit.Q, "QI3EventHeader", 3.0).Build(), "event", "QI3EventHeader");
    }

    [Fact]
    public void Read_FramesOfDifferentEvents_AreRefused()
    {
        var kit = new MessageKit();
        var header = (EventHeader)ObjectCatalog.Read(kit.Buffer(MessageKit.P, "I3EventHeader"), "test")!;
        MessageKit.Refused(kit.Put(MessageKit.P, "I3EventHeader", header with { EventId = header.EventId + 1 }).Build(), "event", "the P frame of 1/6");
        var other = new MessageKit();
        other.Data["run_id"] = 2;
        MessageKit.Refused(other.Build(), "event", "the message of 2/5");
        other.Data["run_id"] = 1.5;
        MessageKit.Refused(other.Build(), "json", "not a whole number");
        other.Data["run_id"] = null;
        Assert.True(MessageKit.IsRead(other.Build()));
    }

    [Fact]   // surface tanks have no position to reconstruct with; the way to drop them is the in-ice mask
    public void Read_InputPulsesOnASurfaceTank_AreRefused()
    {
        PulseTable table = PulseTable.From([new(10, 62, 100, 1, 8, 7)]);
        MessageKit.Refused(new MessageKit().Put(MessageKit.P, Split, table).Build(), "event", "no position");
    }

    [Fact]
    public void Read_VertexThatIsNotFinite_IsRefused()
    {
        var kit = new MessageKit().Put(MessageKit.P, "HESE_VHESelfVetoVertexPos", new Position(1, double.NaN, 3)).Put(MessageKit.P, "HESE_VHESelfVetoVertexTime", 5.0);
        MessageKit.Refused(kit.Build(), "event", "self-veto vertex");
        kit.Put(MessageKit.P, "HESE_VHESelfVetoVertexPos", new Position(1, 2, 3));
        Assert.Equal(new Vertex(1, 2, 3, 5, double.NaN), EventReader.Read(kit.Build()).SelfVetoVertex);
    }

    [Theory]
    [InlineData(3.2, 0)]
    [InlineData(-0.1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(1, double.PositiveInfinity)]
    public void Read_OnlineTrackOffTheSphere_IsRefused(double zenith, double azimuth)
    {
        var track = new Particle(1, 2, 0, ParticleShape.InfiniteTrack, FitStatus.OK, default, zenith, azimuth, 0, 0, 0, 0.3, 0);
        MessageKit.Refused(new MessageKit().Put(MessageKit.P, "l2_online_SplineMPE", track).Build(), "event", "l2_online_SplineMPE");
        var failed = track with { Status = FitStatus.FailedToConverge };
        Assert.Null(EventReader.Read(new MessageKit().Put(MessageKit.P, "OnlineL2_SplineMPE", failed).Build()).OnlineTrack);
    }

    [Theory]
    [InlineData("{\"hese\":{},\"neutrino\":{}}", "HESE")]
    [InlineData("{\"ehe\":1}", "EHE")]
    [InlineData("{\"estres\":null}", "ESTRES")]
    [InlineData("{\"other\":1}", "")]
    [InlineData("[]", "")]
    public void Read_AlertText_GivesTheType(string alert, string type) =>
        Assert.Equal(type, EventReader.Read(new MessageKit().Put(MessageKit.P, "AlertShortFollowupMsg", alert).Build()).EventType);

    [Theory]
    [InlineData("HESE_llhratio", "HESE")]
    [InlineData("Estres_p_miss", "ESTRES")]
    [InlineData("PoleEHEOphelia_ImpLF", "EHE")]
    [InlineData("Nothing", "")]
    public void Read_NoAlertText_TypeComesFromMarkers(string key, string type)
    {
        MessageKit kit = new MessageKit().Remove(MessageKit.P, "AlertShortFollowupMsg").Put(MessageKit.P, key, 1.0);
        kit.Value["data"] = new JsonArray();
        IceCubeEvent read = EventReader.Read(kit.Build());
        Assert.Equal(type, read.EventType);
        Assert.EndsWith("." + type, read.EventIdText, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BrokenAlertText_NamesItsObject() => MessageKit.Refused(
        new MessageKit().Put(MessageKit.P, "AlertShortFollowupMsg", "{\"hese\":").Build(), "object AlertShortFollowupMsg of frame P", "not JSON");

    [Fact]
    public void Read_DifferentDetectorDescriptions_AreRefused()
    {
        static byte[] Difference(string name, string baseline) =>
            new ArchiveWriter(name, 0).Enter(ArchiveClass.FrameObject).Text(baseline).U64(0xDEAD).ToArray();
        var kit = new MessageKit().PutRaw(0, "I3GeometryDiff", Difference("I3GeometryDiff", "a.i3"));
        Assert.Equal("a.i3", EventReader.Read(kit.Build()).BaselineGcd);
        MessageKit.Refused(kit.PutRaw(1, "I3CalibrationDiff", Difference("I3CalibrationDiff", "b.i3")).Build(), "event", "a.i3, b.i3");
    }

    [Fact]
    public void Read_SimulatedMemberWithoutTruth_IsRefused()
    {
        var kit = new MessageKit();
        kit.Data["simulated"] = new JsonObject { ["kind"] = 4 };
        MessageKit.Refused(kit.Build(), "json", "truth");
        kit.Data["simulated"] = "yes";
        MessageKit.Refused(kit.Build(), "json", "truth");
    }

    [Fact]   // pulses in full precision in the Q frame, as in 2016, selected by the P frame's mask
    public void Read_FullPulses_AreUsedWithoutACompactRecord()
    {
        PulseTable table = PulseTable.From(EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.A, 5)).Pulses);
        var all = new PulseMask("UncleanedInIcePulses", BitMask.From([.. table.Modules.Select(_ => true)]),
            [.. Enumerable.Range(0, table.Modules.Length).Select(i => BitMask.From([.. table.PulsesOf(i).ToArray().Select(_ => true)]))]);
        MessageKit kit = new MessageKit().Remove(MessageKit.P, Split).Put(MessageKit.P, "SplitUncleanedInIcePulses", all).Put(MessageKit.Q, "UncleanedInIcePulses", table);
        IceCubeEvent read = EventReader.Read(kit.Build());
        Assert.Null(read.SuperDst);
        Assert.Equal(table.Pulses.Select(pulse => pulse.Time), read.InputSeries.Pulses.Select(pulse => pulse.Time));
    }

    [Theory]
    [InlineData(MessageKit.Q)]
    [InlineData(MessageKit.P)]
    public void Read_RandomChangesUnderARightChecksum_AreReadOrRefused(int frame)
    {
        var random = new Random(20231202);
        var kit = new MessageKit();
        int refused = 0;
        foreach (string key in kit.Keys(frame))
        {
            byte[] original = kit.Buffer(frame, key);
            for (int i = 0; i < 60; i++)
            {
                byte[] changed = [.. original];
                for (int flips = random.Next(1, 4); flips > 0; flips--) changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                if (!MessageKit.IsRead(kit.PutRaw(frame, key, changed).Build())) refused++;
            }

            kit.PutRaw(frame, key, original);
        }

        Assert.True(refused > 20, $"{refused} changes were refused");
        Assert.True(MessageKit.IsRead(kit.Build()));
    }

    [Fact]
    public void Read_RandomChangesOfTheMessage_AreReadOrRefused()
    {
        var random = new Random(1414689);
        int refused = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] changed = [.. MessageKit.OriginalBytes];
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            if (!MessageKit.IsRead(changed)) refused++;
        }

        Assert.InRange(refused, 400, 500);   // most bytes are frame text, under zlib's and the frame's checksums
    }

    [Fact]
    public void Read_MessageCutAnywhere_IsRefused()
    {
        byte[] message = MessageKit.OriginalBytes;
        for (int length = 0; length < message.Length; length += 53) Assert.Equal("json", MessageKit.Refused(message[..length]).Layer);
    }

    [Theory]
    [InlineData("138632_31747601.json")]
    [InlineData("event_HESE_2017-11-28.json")]
    public void Read_RealEventCutOrChanged_IsReadOrRefused(string file)
    {
        byte[] message = RealEvents.Bytes(file);
        var random = new Random(138632);
        for (int i = 0; i < 40; i++)
        {
            Assert.False(MessageKit.IsRead(message[..random.Next(message.Length)]));
            byte[] changed = [.. message];
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            MessageKit.IsRead(changed);
        }
    }

    private static PulseMask MaskOn(string source) => new(source, BitMask.From([]), []);
}
