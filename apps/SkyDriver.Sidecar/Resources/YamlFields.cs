using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Sidecar.Resources;

/// <summary>Reads fields of a YAML mapping and notes each fault with its file and path, so that all are told at once.</summary>
internal sealed class YamlFields
{
    private static readonly JsonWriterOptions JsonText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly List<string> _faults;

    public YamlFields(YamlMappingNode node, string source, List<string> faults)
        : this(node, source, "", faults)
    {
    }

    private YamlFields(YamlMappingNode node, string source, string path, List<string> faults) =>
        (_node, Source, _path, _faults) = (node, source, path, faults);

    /// <summary>The file, and the document's number when it holds several.</summary>
    public string Source { get; }

    public void Fault(string field, string what) => _faults.Add($"{Source}({Line(field)}): {_path}{field}: {what}");

    public bool Has(string field) => Find(field) is not null;

    public IEnumerable<string> Names => _node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    /// <summary>A scalar's text; null when missing or null.</summary>
    public string? Text(string field)
    {
        switch (Find(field))
        {
            case null:
                return null;
            case YamlScalarNode scalar:
                return IsNull(scalar) ? null : scalar.Value;
            default:
                Fault(field, "must be a single value.");
                return null;
        }
    }

    public string Required(string field)
    {
        string? text = Text(field);
        if (string.IsNullOrWhiteSpace(text) && (Find(field) is null or YamlScalarNode)) Fault(field, "is missing.");
        return text ?? "";
    }

    public bool Flag(string field, bool fallback = false)
    {
        switch (Text(field)?.ToLowerInvariant())
        {
            case null: return fallback;
            case "true": return true;
            case "false": return false;
            default:
                Fault(field, $"is '{Text(field)}'; use true or false.");
                return fallback;
        }
    }

    public int Number(string field, int fallback, int least, int most)
    {
        if (Text(field) is not { } text) return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
        Fault(field, $"is '{text}'; use a whole number from {least} to {most}.");
        return fallback;
    }

    /// <param name="least">Shortest duration that makes sense; null = any.</param>
    public TimeSpan Duration(string field, TimeSpan fallback, TimeSpan? least = null)
    {
        if (Text(field) is not { } text) return fallback;
        if (GoDuration.TryParse(text, out TimeSpan duration) && !(duration < least)) return duration;
        Fault(field, $"is '{text}'; use a duration such as 500ms or 5s{(least is null ? "" : $", not below {least.Value.TotalSeconds:0.###}s")}.");
        return fallback;
    }

    /// <summary>One of some words; the first when missing.</summary>
    public string Choice(string field, params ReadOnlySpan<string> words)
    {
        if (Text(field) is not { } text) return words[0];
        foreach (string word in words)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase)) return word;
        }

        Fault(field, $"is '{text}'; use {string.Join(" or ", words.ToArray())}.");
        return words[0];
    }

    public IReadOnlyList<string> List(string field)
    {
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return [];
            case YamlSequenceNode sequence when sequence.Children.All(c => c is YamlScalarNode):
                return [.. sequence.Children.Cast<YamlScalarNode>().Select(s => s.Value ?? "")];
            default:
                Fault(field, "must be a list of texts.");
                return [];
        }
    }

    /// <summary>A mapping of texts; scalars of any type are taken as they are written.</summary>
    public IReadOnlyDictionary<string, string> Map(string field)
    {
        Dictionary<string, string> map = new(StringComparer.OrdinalIgnoreCase);
        if (Object(field) is not { } fields) return map;
        foreach (string name in fields.Names) map[name] = fields.AnyText(name) ?? "";
        return map;
    }

    /// <summary>A nested mapping; null when missing.</summary>
    public YamlFields? Object(string field)
    {
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return null;
            case YamlMappingNode mapping:
                return new(mapping, Source, $"{_path}{field}.", _faults);
            default:
                Fault(field, "must be a mapping.");
                return null;
        }
    }

    /// <summary>A list of mappings; empty when missing.</summary>
    public IReadOnlyList<YamlFields> Objects(string field)
    {
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return [];
            case YamlSequenceNode sequence when sequence.Children.All(c => c is YamlMappingNode):
                return [.. sequence.Children.Cast<YamlMappingNode>().Select((m, i) => new YamlFields(m, Source, $"{_path}{field}[{i}].", _faults))];
            default:
                Fault(field, "must be a list of mappings.");
                return [];
        }
    }

    /// <summary>A value of any kind as text: scalars as written, mappings and lists as JSON.</summary>
    public string? AnyText(string field) => Find(field) switch
    {
        null => null,
        YamlScalarNode scalar => IsNull(scalar) ? null : scalar.Value,
        YamlNode node => Json(node),
    };

    /// <summary>Of the field, or of what it is missing from.</summary>
    private long Line(string field) => (Find(field.Split('.', '[')[0]) ?? _node).Start.Line;

    private YamlNode? Find(string field) => _node.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? node) ? node : null;

    private static bool IsNull(YamlScalarNode scalar) => scalar.Style is ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private static string Json(YamlNode node)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonText)) Write(writer, node);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                writer.WriteStartObject();
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    writer.WritePropertyName((key as YamlScalarNode)?.Value ?? Json(key));
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                writer.WriteStartArray();
                foreach (YamlNode item in sequence.Children) Write(writer, item);
                writer.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                WriteScalar(writer, scalar);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, YamlScalarNode scalar)
    {
        if (scalar.Style is not ScalarStyle.Plain) writer.WriteStringValue(scalar.Value);
        else if (IsNull(scalar)) writer.WriteNullValue();
        else if (bool.TryParse(scalar.Value, out bool flag)) writer.WriteBooleanValue(flag);
        else if (long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) writer.WriteNumberValue(whole);
        else if (double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) writer.WriteNumberValue(number);
        else writer.WriteStringValue(scalar.Value);
    }
}
