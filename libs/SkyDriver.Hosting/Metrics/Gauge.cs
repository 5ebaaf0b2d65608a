using System.Diagnostics.Metrics;

namespace SkyDriver.Hosting.Metrics;

/// <summary>A number that stands until it is set anew, one for each set of labels. Thread safe.</summary>
public sealed class Gauge
{
    private readonly string[] labels;
    private volatile Measurement<double>[] readings = [];

    /// <param name="labels">Names of the labels, at most three.</param>
    internal Gauge(string name, string help, params string[] labels)
    {
        this.labels = labels;
        SkyDriverMetrics.Observe(name, help, () => readings);
    }

    /// <summary>For a gauge without labels.</summary>
    public void Set(double value) => readings = [new(value)];

    /// <summary>Replaces every reading: what is not in here is gone.</summary>
    /// <param name="values">Values of the labels in their order.</param>
    public void SetAll(IEnumerable<(string[] Labels, double Value)> values) =>
        readings = [.. values.Select(v => new Measurement<double>(v.Value, labels.Zip(v.Labels, (name, text) => new KeyValuePair<string, object?>(name, text))))];

    /// <summary>Nothing is known any more.</summary>
    public void Clear() => readings = [];
}
