using System.Globalization;
using System.Text.RegularExpressions;

namespace SkyDriver.Testing;

/// <summary>Reads the text exposition format as strictly as its description; any line that breaks a rule throws.</summary>
internal sealed partial class PrometheusPage
{
    private readonly Dictionary<string, string> types = [];
    private readonly Dictionary<(string Name, string Labels), double> samples = [];

    public static PrometheusPage Parse(string text)
    {
        PrometheusPage page = new();
        if (text.Length > 0 && !text.EndsWith('\n')) throw new FormatException("the last line has no end");
        string? family = null;
        foreach (string line in text.Split('\n').SkipLast(1)) page.Read(line, ref family);
        foreach (string name in page.types.Where(t => t.Value == "histogram").Select(t => t.Key)) page.CheckHistogram(name);
        return page;
    }

    public IReadOnlyDictionary<string, string> Types => types;

    public IEnumerable<(string Name, string Labels, double Value)> Samples => samples.Select(s => (s.Key.Name, s.Key.Labels, s.Value));

    /// <param name="labels">As on the page, for example <c>outcome="accepted"</c>.</param>
    public double Value(string name, string labels = "") => samples[(name, labels)];

    public double Sum(string name) => samples.Where(s => s.Key.Name == name).Sum(s => s.Value);

    private void Read(string line, ref string? family)
    {
        if (Head().Match(line) is { Success: true } head)
        {
            family = head.Groups["name"].Value;
            if (head.Groups["kind"].Value != "TYPE") return;
            string type = head.Groups["rest"].Value;
            if (type is not ("counter" or "gauge" or "histogram" or "summary" or "untyped")) throw new FormatException($"'{line}' names no type");
            if (!types.TryAdd(family, type)) throw new FormatException($"{family} is there twice");
            return;
        }

        Match sample = Sample().Match(line);
        if (!sample.Success) throw new FormatException($"'{line}' is no sample");
        string name = sample.Groups["name"].Value;
        if (family is null || !types.TryGetValue(family, out string? of)) throw new FormatException($"{name} has no type");
        bool belongs = of == "histogram" ? name == family + "_bucket" || name == family + "_sum" || name == family + "_count" : name == family;
        if (!belongs) throw new FormatException($"{name} stands among the samples of {family}");
        if (of == "counter" && !name.EndsWith("_total", StringComparison.Ordinal)) throw new FormatException($"the counter {name} does not end in _total");
        if (!samples.TryAdd((name, sample.Groups["labels"].Value), Number(sample.Groups["value"].Value))) throw new FormatException($"'{line}' is there twice");
    }

    private void CheckHistogram(string name)
    {
        foreach (var series in samples.Where(s => s.Key.Name == name + "_bucket").GroupBy(s => Bound().Replace(s.Key.Labels, "").TrimEnd(',')))
        {
            (double Bound, double Count)[] buckets = [.. series.Select(s => (Number(Bound().Match(s.Key.Labels).Groups[1].Value), s.Value))];
            bool rises = buckets.Zip(buckets.Skip(1)).All(pair => pair.First.Bound < pair.Second.Bound && pair.First.Count <= pair.Second.Count);
            if (!rises || !double.IsPositiveInfinity(buckets[^1].Bound)) throw new FormatException($"the buckets of {name} do not rise to +Inf");
            if (buckets[^1].Count != samples[(name + "_count", series.Key)] || !samples.ContainsKey((name + "_sum", series.Key))) throw new FormatException($"{name} has not the count and sum of its buckets");
        }
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.*)$")]
    private static partial Regex Head();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*)\})? (?<value>\S+)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""le="([^"]*)"$""")]
    private static partial Regex Bound();
}
