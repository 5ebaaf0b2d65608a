using System.Globalization;
using System.Text;

namespace SkyDriver.Hosting.Metrics;

/// <summary>The text exposition format of Prometheus, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<MetricSeries> metrics)
    {
        StringBuilder text = new();
        foreach (MetricSeries metric in metrics)
        {
            bool begun = false;
            foreach ((IReadOnlyList<(string Label, string Value)> labels, MetricSeries.Cell cell) in metric.Series)
            {
                if (!begun) text.Append(CultureInfo.InvariantCulture, $"# HELP {metric.Name} {Help(metric.Help)}\n# TYPE {metric.Name} {metric.Kind.ToString().ToLowerInvariant()}\n");
                begun = true;
                Write(text, metric, labels, cell);
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, MetricSeries metric, IReadOnlyList<(string Label, string Value)> labels, MetricSeries.Cell cell)
    {
        (double sum, long count, long[] buckets) = cell.Read();
        if (metric.Kind is not MetricKind.Histogram)
        {
            Line(text, metric.Name, labels, Number(sum));
            return;
        }

        long below = 0;
        for (int i = 0; i < buckets.Length; i++)
        {
            below += buckets[i];
            string bound = i < metric.Bounds.Length ? Number(metric.Bounds[i]) : "+Inf";
            Line(text, metric.Name + "_bucket", [.. labels, ("le", bound)], Number(below));
        }

        Line(text, metric.Name + "_sum", labels, Number(sum));
        Line(text, metric.Name + "_count", labels, Number(count));
    }

    private static void Line(StringBuilder text, string name, IReadOnlyList<(string Label, string Value)> labels, string value)
    {
        text.Append(name);
        if (labels.Count > 0) text.Append('{').AppendJoin(',', labels.Select(l => $"{l.Label}=\"{Escape(l.Value)}\"")).Append('}');
        text.Append(' ').Append(value).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string value) => Help(value).Replace("\"", "\\\"");

    private static string Help(string text) => text.Replace("\\", "\\\\").Replace("\n", "\\n");
}
