using System.Text;
using System.Text.Json;

namespace HtCondor.Double;

/// <summary>A job ad: names in any case, each with its value as JSON text.</summary>
public sealed class Ad : SortedDictionary<string, string>
{
    public Ad()
        : base(StringComparer.OrdinalIgnoreCase)
    {
    }

    public long Cluster => long.Parse(this["ClusterId"]);

    public long Proc => long.Parse(this["ProcId"]);

    public long Status => long.Parse(this["JobStatus"]);

    /// <summary>The text of a text, null for anything else.</summary>
    public string? Text(string name) => TryGetValue(name, out string? json) && json.StartsWith('"') ? JsonSerializer.Deserialize<string>(json) : null;

    public void Set(string name, string text) => this[name] = JsonSerializer.Serialize(text, Relaxed.Options);

    public void Set(string name, long number) => this[name] = number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void Set(string name, bool flag) => this[name] = flag ? "true" : "false";

    /// <summary>As condor_q and condor_history write several.</summary>
    /// <param name="attributes">Null writes all.</param>
    public static string Print(IEnumerable<Ad> ads, IReadOnlyCollection<string>? attributes)
    {
        StringBuilder text = new("[\n");
        bool isFirst = true;
        foreach (Ad ad in ads)
        {
            if (!isFirst) text.Append(",\n");
            isFirst = false;
            text.Append("{\n");
            string[] lines = [.. ad.Where(a => attributes is null || attributes.Contains(a.Key, StringComparer.OrdinalIgnoreCase)).Select(a => $"  \"{a.Key}\": {a.Value}")];
            text.Append(string.Join(",\n", lines)).Append("\n}\n");
        }

        return text.Append("]\n").ToString();
    }

    public static List<Ad> Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Parse)];
    }

    private static Ad Parse(JsonElement element)
    {
        Ad ad = [];
        foreach (JsonProperty member in element.EnumerateObject()) ad[member.Name] = member.Value.GetRawText();
        return ad;
    }

    private static class Relaxed
    {
        public static readonly JsonSerializerOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    }
}
