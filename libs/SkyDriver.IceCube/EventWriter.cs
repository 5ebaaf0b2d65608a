using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Envelope;
using SkyDriver.IceCube.Frames;
using SkyDriver.IceCube.Simulation;

namespace SkyDriver.IceCube;

/// <summary>Writes simulated events as realtime messages of version 2023a, which <see cref="EventReader"/> and the detector's own tools read.</summary>
public static class EventWriter
{
    /// <summary>Key of the true particle in the P frame.</summary>
    public const string TruthKey = "MCPrimary";

    private const int CompleteState = 20;
    private const double ReadoutLength = 30_000;   // ns
    private const string Detector = "IC86, nominal module positions; simulated without calibration or detector status";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,   // the default would spell every + of the base64 as six characters
    };

    /// <summary>The event as an <c>event_i3live_json</c>, UTF-8. The same event gives the same bytes.</summary>
    /// <param name="simulated">Times are kept to 1 ns and charges to 0.05 photo-electrons, as the detector sends them.</param>
    /// <param name="runId">0 to 2³² − 1; needs not be a run the detector ever took.</param>
    /// <param name="eventId">0 to 2³² − 1.</param>
    /// <param name="mjd">Start of the readout, UTC.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number does not fit its field, or the date is outside 2005 to 2100.</exception>
    public static byte[] Write(SimulatedEvent simulated, long runId, long eventId, double mjd)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(runId, (uint)(runId & uint.MaxValue));
        ArgumentOutOfRangeException.ThrowIfNotEqual(eventId, (uint)(eventId & uint.MaxValue));
        CompactPulses record = CompactPacker.Pack(simulated.Pulses);
        (PulseTable table, _) = CompactUnpacker.Unpack(record, "superdst");
        DaqTime start = DaqTime.FromMjd(mjd);
        var header = new EventHeader(runId, 0, eventId, CompleteState, 0, "", start, start.AddNanoseconds(ReadoutLength));
        JsonObject summary = Summarize(simulated.Truth, header, table);
        var frames = new JsonArray();
        foreach ((char stream, (string, object)[] objects) in Frames(simulated.Truth, header, record, table, summary.ToJsonString()))
        {
            byte[] blob = FrameCodec.Write(stream, objects.Select(entry => Store(entry.Item1, entry.Item2)));
            frames.Add(new JsonArray(stream.ToString(), TransportText.Encode(PickleWalker.Wrap(blob))));
        }

        summary.Insert(0, "frames", frames);
        return JsonSerializer.SerializeToUtf8Bytes(Envelope(summary), Json);
    }

    private static IEnumerable<(char Stream, (string Key, object Value)[] Objects)> Frames(
        SimulatedTruth truth, EventHeader header, CompactPulses record, PulseTable table, string summary)
    {
        foreach (char stream in "GCD") yield return (stream, [("SimulatedDetector", Detector)]);
        bool[] inIce = [.. table.Pulses.Select(pulse => pulse.Om <= DetectorGeometry.ModulesPerString)];
        PulseSeries all = table.All("I3SuperDST"), inIceOnly = all.Select("InIceDSTPulses", inIce);
        yield return ('Q', [("QI3EventHeader", header), (all.Name, record), (inIceOnly.Name, Mask(all, inIceOnly))]);
        yield return ('P',
        [
            ("I3EventHeader", header with { SubEventStream = "InIceSplit" }),
            ("SplitInIcePulses", Mask(inIceOnly, inIceOnly)),
            ("SplitInIcePulsesTimeRange", new TimeWindow(0, ReadoutLength)),
            (TruthKey, TrueParticle(truth)),
            ("AlertShortFollowupMsg", summary),
        ]);
    }

    private static (string Key, string TypeName, byte[] Buffer) Store(string key, object value)
    {
        (string typeName, byte[] buffer) = ObjectCatalog.Write(value);
        return (key, typeName, buffer);
    }

    /// <summary>The selection that leaves <paramref name="part"/> of its source.</summary>
    private static PulseMask Mask(PulseSeries source, PulseSeries part)
    {
        HashSet<int> kept = [.. part.Indices];
        var pulses = new List<BitMask>();
        bool[] modules = new bool[source.Entries];
        for (int entry = 0; entry < modules.Length; entry++)
        {
            bool[] bits = [.. source.IndicesAt(entry).ToArray().Select(kept.Contains)];
            modules[entry] = bits.Contains(true);
            if (modules[entry]) pulses.Add(BitMask.From(bits));
        }

        return new PulseMask(source.Name, BitMask.From(modules), [.. pulses]);
    }

    private static Particle TrueParticle(SimulatedTruth truth)
    {
        const int muon = 13, electron = 11, inTheIce = 20;
        bool track = truth.Kind is "track" or "starting";
        ParticleShape shape = truth.Kind switch { "track" => ParticleShape.InfiniteTrack, "starting" => ParticleShape.StartingTrack, _ => ParticleShape.Cascade };
        return new Particle(
            MajorId: truth.Seed, MinorId: 1, track ? muon : electron, shape, FitStatus.OK,
            new Position(truth.Vertex.X, truth.Vertex.Y, truth.Vertex.Z), truth.Direction.Zenith, truth.Direction.Azimuth,
            truth.Vertex.Time, truth.Vertex.Energy, Length: double.NaN, Ice.BulkIce.SpeedOfLight, inTheIce);
    }

    private static JsonObject Summarize(SimulatedTruth truth, EventHeader header, PulseTable table)
    {
        PulseSeries cleaned = PulseCleaning.Clean(table.All("I3SuperDST"))[^1];
        return new JsonObject
        {
            ["unique_id"] = string.Create(CultureInfo.InvariantCulture, $"run{header.RunId:00000000}.evt{header.EventId:000000000000}"),
            ["eventtime"] = header.Start.ToUtcText().Replace('T', ' ')[..26],
            ["event_id"] = header.EventId,
            ["run_id"] = header.RunId,
            ["nch"] = cleaned.ModuleCount,
            ["npulses"] = cleaned.Count,
            ["qtot"] = Math.Round(cleaned.Charge, 3),
            ["it_trig"] = false,
            [truth.Kind == "track" ? "neutrino" : "hese"] = new JsonObject(),
            [TruthJson.Member] = TruthJson.Write(truth, header.Start.Mjd),
        };
    }

    private static JsonObject Envelope(JsonObject data) => new()
    {
        ["service"] = "SkyDriver",
        ["varname"] = "realtimeEventData",
        ["prio"] = 2,
        ["time"] = data["eventtime"]!.GetValue<string>(),
        ["value"] = new JsonObject
        {
            ["zmqnotify"] = new JsonObject { ["topics"] = new JsonArray("simulated") },
            ["streams"] = new JsonArray("simulated"),
            ["version"] = "2023a",
            ["data"] = data,
        },
    };
}
