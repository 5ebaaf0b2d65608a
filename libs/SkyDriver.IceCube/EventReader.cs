using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Envelope;
using SkyDriver.IceCube.Frames;
using SkyDriver.Sky;

namespace SkyDriver.IceCube;

/// <summary>Reads realtime event messages (<c>event_i3live_json</c>): no version, 2021a, 2023a, 2024a.</summary>
public static class EventReader
{
    private const string DaqHeaderKey = "QI3EventHeader", HeaderKey = "I3EventHeader";
    private const string SplitPulses = "SplitInIcePulses", UncleanedSplitPulses = "SplitUncleanedInIcePulses";
    private const string VetoPosition = "HESE_VHESelfVetoVertexPos", VetoTime = "HESE_VHESelfVetoVertexTime";
    private const string AlertText = "AlertShortFollowupMsg";
    private static readonly string[] OnlineTracks = ["l2_online_SplineMPE", "OnlineL2_SplineMPE"];
    private static readonly string[] OldVersions = ["", "2021a"];
    private static readonly (string Key, string Type)[] TypesByAlertKey =
        [("hese", "HESE"), ("ehe", "EHE"), ("neutrino", "neutrino"), ("estres", "ESTRES")];
    private static readonly (string Key, string Type)[] TypesByObject =
        [("HESE_llhratio", "HESE"), ("Estres_p_miss", "ESTRES"), ("PoleEHEOphelia_ImpLF", "EHE")];

    /// <summary>Decodes a message. Nothing in it is executed; memory and time are bounded whatever it holds.</summary>
    /// <param name="json">The whole message, UTF-8, at most 16 MiB.</param>
    /// <param name="cancellationToken">Looked at between frames.</param>
    /// <exception cref="EventFormatException">The bytes are not an event message of a kind we read.</exception>
    public static IceCubeEvent Read(ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default)
    {
        using RealtimeMessage message = RealtimeMessage.Parse(json);
        var frames = new Frame[Limits.Frames];
        for (int i = 0; i < frames.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            char letter = message.FrameLetter(i);
            ReadOnlyMemory<byte> pickle = TransportText.Decode(message.FrameText(i), letter);
            frames[i] = FrameCodec.Read(PickleWalker.FindBlob(pickle, letter), letter);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Assemble(message, frames);
    }

    private static IceCubeEvent Assemble(RealtimeMessage message, Frame[] frames)
    {
        Frame readout = frames[^2], physics = frames[^1];
        FrozenDictionary<string, object> objects = DecodeObjects(readout, physics);
        EventHeader daqHeader = Required<EventHeader>(objects, DaqHeaderKey), header = Required<EventHeader>(objects, HeaderKey);
        CheckIdentity(daqHeader, header, message);
        var resolver = new SeriesResolver(physics, readout);
        PulseSeries input = resolver.Resolve(InputPulses(message.Version, physics));
        if (input.Count == 0) throw Fault($"the event has no pulses in {input.Name}");
        IReadOnlyList<PulseSeries> cleaned = PulseCleaning.Clean(input);
        return new IceCubeEvent
        {
            DaqHeader = daqHeader,
            Header = header,
            EventType = FindType(objects, physics, message.Summary),
            FormatVersion = message.Version,
            BaselineGcd = FindBaseline(frames[..3]),
            SelfVetoVertex = FindVeto(objects),
            OnlineTrack = FindOnlineTrack(objects),
            AlertSummary = message.Summary,
            Truth = message.Summary is { } summary ? TruthJson.Read(summary) : null,
            Frames = Array.ConvertAll(frames, frame => frame.Summarize()),
            Series = [.. resolver.Resolved, .. cleaned],
            InputSeries = input,
            CleanedSeries = cleaned[^1],
            CleanedHits = PulseCleaning.ByModule(cleaned[^1]),
            HlcHits = PulseCleaning.ByModule(input, hlcOnly: true),
            SuperDst = resolver.Counters,
            Objects = objects,
        };
    }

    /// <summary>All objects of the two frames we know, but the pulses: these are decoded where a mask leads to them.</summary>
    private static FrozenDictionary<string, object> DecodeObjects(Frame readout, Frame physics)
    {
        var objects = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (Slot slot in readout.Slots.Concat(physics.Slots))   // the P frame's shadow those of its Q frame
            if (!ObjectCatalog.HoldsPulses(slot.ClassName) && slot.Decode() is { } value) objects[slot.Key] = value;
        return objects.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static T Required<T>(FrozenDictionary<string, object> objects, string key) where T : class =>
        objects.GetValueOrDefault(key) as T ?? throw Fault($"there is no {typeof(T).Name} {key}");

    private static void CheckIdentity(EventHeader daq, EventHeader header, RealtimeMessage message)
    {
        long run = message.SummaryNumber("run_id") ?? header.RunId, eventId = message.SummaryNumber("event_id") ?? header.EventId;
        if (daq.RunId != header.RunId || daq.EventId != header.EventId || run != header.RunId || eventId != header.EventId)
            throw Fault($"the Q frame is of run {daq.RunId} event {daq.EventId}, the P frame of {header.RunId}/{header.EventId}, "
                + $"the message of {run}/{eventId}");
    }

    private static string InputPulses(string version, Frame physics)
    {
        string[] names = OldVersions.Contains(version) ? [UncleanedSplitPulses, SplitPulses] : [SplitPulses, UncleanedSplitPulses];
        return names.FirstOrDefault(name => physics.Find(name) is not null)
            ?? throw Fault($"the P frame has no pulses ({names[0]})");
    }

    private static string FindType(FrozenDictionary<string, object> objects, Frame physics, JsonElement? summary)
    {
        JsonElement? alert = objects.GetValueOrDefault(AlertText) is string text ? ParseAlert(text) : summary;
        if (alert is { ValueKind: JsonValueKind.Object } members)
        {
            foreach ((string key, string type) in TypesByAlertKey)
                if (members.TryGetProperty(key, out _)) return type;
        }

        return TypesByObject.FirstOrDefault(row => physics.Find(row.Key) is not null).Type ?? "";
    }

    private static JsonElement ParseAlert(string text)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        JsonGuard.Check(json, $"object {AlertText} of frame P");
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth });
        return document.RootElement.Clone();
    }

    private static string FindBaseline(Frame[] gcd)
    {
        string[] names = [.. gcd.SelectMany(frame => frame.Slots).Select(slot => slot.Decode()).OfType<GcdDifference>()
            .Select(difference => difference.Baseline).Distinct()];
        return names.Length <= 1
            ? names.FirstOrDefault("")
            : throw Fault($"the frames are differences to several detector descriptions: {string.Join(", ", names.Take(3))}");
    }

    private static Vertex? FindVeto(FrozenDictionary<string, object> objects)
    {
        if (objects.GetValueOrDefault(VetoPosition) is not Position at || objects.GetValueOrDefault(VetoTime) is not double time) return null;
        return double.IsFinite(at.X) && double.IsFinite(at.Y) && double.IsFinite(at.Z) && double.IsFinite(time)
            ? new Vertex(at.X, at.Y, at.Z, time, double.NaN)
            : throw Fault($"the self-veto vertex ({at}, {time} ns) is not finite");
    }

    private static LocalDirection? FindOnlineTrack(FrozenDictionary<string, object> objects)
    {
        foreach (string key in OnlineTracks)
        {
            if (objects.GetValueOrDefault(key) is not Particle { Status: FitStatus.OK } track) continue;
            if (!(track.Zenith is >= 0 and <= Math.PI) || !double.IsFinite(track.Azimuth))
                throw Fault($"{key} has zenith {track.Zenith} and azimuth {track.Azimuth}");
            return new LocalDirection(track.Zenith, track.Azimuth);
        }

        return null;
    }

    private static EventFormatException Fault(string what) => new("event", 0, what);
}
