using System.Collections.Concurrent;
using System.Globalization;

namespace SkyDriver.Hosting.Metrics;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One metric and its series: a running value, or a histogram, for each set of labels seen.</summary>
/// <param name="labels">The tags that count, with the names of their labels; null takes all of them as they come.</param>
internal sealed class MetricSeries(string name, string help, MetricKind kind, double[] bounds, IReadOnlyList<(string Tag, string Label)>? labels)
{
    /// <summary>Labels come from short lists; what goes beyond this is a mistake that must not cost memory.</summary>
    private const int MostSeries = 500;

    private readonly ConcurrentDictionary<Key, Cell> cells = new();

    public string Name => name;

    public string Help => help;

    public MetricKind Kind => kind;

    public double[] Bounds => bounds;

    public IEnumerable<(IReadOnlyList<(string Label, string Value)> Labels, Cell Cell)> Series =>
        cells.OrderBy(c => c.Key.ToString(), StringComparer.Ordinal).Select(c => (c.Key.Labels, c.Value));

    /// <summary>Readings of a gauge are taken anew at each look, so that what is gone does not stay.</summary>
    public void Clear() => cells.Clear();

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Key key = KeyOf(tags);
        if (!cells.TryGetValue(key, out Cell? cell))
        {
            if (cells.Count >= MostSeries) return;
            cell = cells.GetOrAdd(key, _ => new(kind is MetricKind.Histogram ? bounds.Length + 1 : 0));
        }

        cell.Record(value, kind, bounds);
    }

    private Key KeyOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Key key = default;
        if (labels is null)
        {
            foreach (KeyValuePair<string, object?> tag in tags) key = key.With(tag.Key, Text(tag.Value));
            return key;
        }

        foreach ((string wanted, string label) in labels)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == wanted) key = key.With(label, Text(tag.Value));
            }
        }

        return key;
    }

    private static string Text(object? value) => value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>Up to three labels without a heap object for each measurement.</summary>
    private readonly record struct Key((string Label, string Value) A, (string Label, string Value) B, (string Label, string Value) C, int Count)
    {
        public IReadOnlyList<(string Label, string Value)> Labels => [.. new[] { A, B, C }.Take(Count)];

        public Key With(string label, string value) => Count switch
        {
            0 => this with { A = (label, value), Count = 1 },
            1 => this with { B = (label, value), Count = 2 },
            2 => this with { C = (label, value), Count = 3 },
            _ => this,
        };
    }

    /// <summary>The numbers of one series.</summary>
    internal sealed class Cell(int buckets)
    {
        private readonly Lock gate = new();
        private readonly long[] counts = new long[buckets];
        private double sum;
        private long count;

        public void Record(double value, MetricKind kind, double[] bounds)
        {
            lock (gate)
            {
                sum = kind is MetricKind.Gauge ? value : sum + value;
                count++;
                if (kind is not MetricKind.Histogram) return;
                int bucket = Array.FindIndex(bounds, bound => value <= bound);
                counts[bucket < 0 ? bounds.Length : bucket]++;
            }
        }

        /// <summary>Value, or sum, count and counts below each bound, all of one moment.</summary>
        public (double Sum, long Count, long[] Buckets) Read()
        {
            lock (gate) return (sum, count, [.. counts]);
        }
    }
}
