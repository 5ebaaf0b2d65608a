using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SkyDriver.IceCube.Envelope;

/// <summary>The JSON message around an event: its version, its five frames as text, and the alert summary.</summary>
internal sealed class RealtimeMessage : IDisposable
{
    private const string Layer = "json";
    private static readonly string[] FrameOrder = ["G", "C", "D", "Q", "P"];
    private readonly ReadOnlyMemory<byte> json;
    private readonly JsonDocument document;
    private readonly JsonElement frames;

    private RealtimeMessage(ReadOnlyMemory<byte> json)
    {
        this.json = json;
        document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth });
        JsonElement value = Member(document.RootElement, "value", "the message");
        Version = value.TryGetProperty("version", out JsonElement version) && version.ValueKind != JsonValueKind.Null
            ? Text(version, "value.version")
            : "";
        JsonElement data = Member(value, "data", "value");
        bool bare = data.ValueKind == JsonValueKind.Array;
        frames = bare ? data : Member(data, "frames", "value.data");
        Summary = bare ? null : WithoutFrames(data);
        CheckFrames();
    }

    /// <summary>"" in messages before 2021.</summary>
    public string Version { get; }

    /// <summary>All of <c>value.data</c> but the frames; null where the data are the frames.</summary>
    public JsonElement? Summary { get; }

    /// <exception cref="EventFormatException">Not JSON, too deep, too many or repeated members, or not an event message.</exception>
    public static RealtimeMessage Parse(ReadOnlyMemory<byte> json)
    {
        JsonGuard.Check(json.Span, Layer);
        return new RealtimeMessage(json);
    }

    /// <summary>Stream of a frame, 0 to 4: G, C, D, Q, and P or a scanner's own p.</summary>
    public char FrameLetter(int frame) => frames[frame][0].GetString()![0];

    /// <summary>Base64 text of a frame.</summary>
    public ReadOnlySpan<byte> FrameText(int frame)
    {
        JsonElement text = frames[frame][1];
        ReadOnlySpan<byte> quoted = JsonMarshal.GetRawUtf8Value(text);
        return quoted.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(text.GetString()!) : quoted[1..^1];
    }

    /// <summary>The summary's member as a whole number; null when it has none.</summary>
    public long? SummaryNumber(string name)
    {
        if (Summary is not { } summary || !summary.TryGetProperty(name, out JsonElement number) || number.ValueKind == JsonValueKind.Null) return null;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long value)
            ? value
            : throw new EventFormatException(Layer, 0, $"value.data.{name} is not a whole number");
    }

    public void Dispose() => document.Dispose();

    private void CheckFrames()
    {
        if (frames.ValueKind != JsonValueKind.Array || frames.GetArrayLength() != FrameOrder.Length)
            throw Fault(frames, $"the message does not hold {FrameOrder.Length} frames");
        for (int i = 0; i < FrameOrder.Length; i++)
        {
            JsonElement frame = frames[i];
            if (frame.ValueKind != JsonValueKind.Array || frame.GetArrayLength() != 2
                || frame[0].ValueKind != JsonValueKind.String || frame[1].ValueKind != JsonValueKind.String)
                throw Fault(frame, $"frame {i + 1} is not a pair of letter and text");
            if (!string.Equals(frame[0].GetString(), FrameOrder[i], i == FrameOrder.Length - 1 ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                throw Fault(frame, $"frame {i + 1} is not {FrameOrder[i]}; the order is {string.Join(", ", FrameOrder)}");
        }
    }

    private JsonElement Member(JsonElement parent, string name, string parentName) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement member)
            ? member
            : throw Fault(parent, $"{parentName} has no member '{name}', so this is not a realtime event message");

    private string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Fault(element, $"{name} is not a text");

    private EventFormatException Fault(JsonElement where, string what)
    {
        json.Span.Overlaps(JsonMarshal.GetRawUtf8Value(where), out int offset);
        return new EventFormatException(Layer, offset, what);
    }

    private static JsonElement WithoutFrames(JsonElement data)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in data.EnumerateObject())
                if (!member.NameEquals("frames")) member.WriteTo(writer);
            writer.WriteEndObject();
        }

        using JsonDocument summary = JsonDocument.Parse(buffer.ToArray());
        return summary.RootElement.Clone();
    }
}
