using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.IceCube;
using SkyDriver.Reco;

namespace SkyDriver.External;

/// <summary>The lines of the protocol: JSON, one document a line; null stands for what is not known.</summary>
internal static class Messages
{
    public const int Protocol = 1;

    /// <summary>An answer is a few hundred bytes; the rest is for a reason that explains itself at length.</summary>
    public const int MaxAnswerBytes = 64 << 10;

    private const int MaxDepth = 4, MaxReason = 300;

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    public static byte[] Event(IceCubeEvent ev)
    {
        HashSet<int> cleaned = [.. ev.CleanedSeries.Indices];
        ReadOnlySpan<int> indices = ev.InputSeries.Indices;
        var pulses = new List<PulseLine>(indices.Length);
        int place = 0;
        foreach (Pulse pulse in ev.InputSeries.Pulses)
        {
            DetectorGeometry.TryGet(pulse.String, pulse.Om, out Module module);
            pulses.Add(new(pulse.String, pulse.Om, module.X, module.Y, module.Z, pulse.Time, pulse.Charge, pulse.Width, pulse.IsHlc, cleaned.Contains(indices[place++])));
        }

        return Line(new EventLine("event", Protocol, ev.RunId, ev.EventId, ev.EventType, ev.Mjd, ev.SelfVetoVertex is { } vertex ? Point(vertex) : null, pulses));
    }

    public static byte[] Fit(long id, in VariationSeed seed) => Line(new FitLine(
        "fit", id, seed.Nside, seed.Ipix, seed.Posvar, seed.Zenith, seed.Azimuth, Point(seed.Start), seed.Fallback is { } fallback ? Point(fallback) : null));

    /// <exception cref="ExternalProgramException">It is not the line that says the event was read.</exception>
    public static void CheckReady(ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = Parse(line);
        if (Text(document.RootElement, "type") != "ready") throw Unexpected(line, "the line {\"type\": \"ready\"} was due");
    }

    /// <exception cref="ExternalProgramException">It is no answer to this fit, or says that the program cannot do it.</exception>
    public static RecoFit Answer(ReadOnlyMemory<byte> line, long id)
    {
        using JsonDocument document = Parse(line);
        JsonElement root = document.RootElement;
        if (!root.TryGetProperty("id", out JsonElement given) || given.ValueKind != JsonValueKind.Number || !given.TryGetInt64(out long found) || found != id)
            throw Unexpected(line, $"an answer with \"id\": {id} was due");
        switch (Text(root, "type"))
        {
            case "failed":
                return RecoFit.Failed(Reason(root));
            case "error":
                throw new ExternalProgramException($"The external program could not do this fit: {Reason(root)}");
            case "fit":
                double Number(string name) => Value(root, name, line);
                double llh = Number("llh");
                return double.IsNaN(llh)
                    ? RecoFit.Failed("the external program gave no llh")
                    : new RecoFit(llh, Number("energy_inside"), Number("energy_total"), Number("x"), Number("y"), Number("z"), Number("time"), Number("energy"), null);
            default:
                throw Unexpected(line, "its \"type\" must be \"fit\", \"failed\" or \"error\"");
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // Said below, with the line.
        }

        throw Unexpected(line, "every line must be a JSON object; print anything else to the standard error output");
    }

    /// <summary>A number that is not given is not known; one that is no number is a mistake.</summary>
    private static double Value(JsonElement root, string name, ReadOnlyMemory<byte> line)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return double.NaN;
        if (value.ValueKind != JsonValueKind.Number) throw Unexpected(line, $"\"{name}\" must be a number or null");
        double number = value.GetDouble();
        return double.IsFinite(number) ? number : double.NaN;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Reason(JsonElement root) => Shorten(Text(root, "reason") ?? "it gave no reason");

    private static ExternalProgramException Unexpected(ReadOnlyMemory<byte> line, string due) =>
        new($"The external program wrote '{Shorten(System.Text.Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, MaxReason)]))}'; {due}.");

    /// <summary>Fit to stand in a log and an answer.</summary>
    private static string Shorten(string text)
    {
        string plain = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return plain.Length <= MaxReason ? plain : plain[..MaxReason];
    }

    private static VertexLine Point(in Vertex v) => new(Known(v.X), Known(v.Y), Known(v.Z), Known(v.Time), Known(v.Energy));

    private static double? Known(double value) => double.IsFinite(value) ? value : null;

    private static byte[] Line<T>(T message) => [.. JsonSerializer.SerializeToUtf8Bytes(message, Form), (byte)'\n'];

    private sealed record EventLine(
        string Type, int Protocol, long RunId, long EventId, string EventType, double Mjd, VertexLine? Vertex, IReadOnlyList<PulseLine> Pulses);

    private sealed record PulseLine(int String, int Om, double X, double Y, double Z, double Time, double Charge, double Width, bool Hlc, bool Cleaned);

    private sealed record FitLine(string Type, long Id, int Nside, long Ipix, int Posvar, double Zenith, double Azimuth, VertexLine Start, VertexLine? Fallback);

    private sealed record VertexLine(double? X, double? Y, double? Z, double? Time, double? Energy);
}
