using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Keeps what the instruments of this process measure, and shows it when asked.</summary>
public sealed class MetricCollector : IDisposable
{
    private const string HttpMeter = "Microsoft.AspNetCore.Hosting", HttpInstrument = "http.server.request.duration";

    private static readonly double[] DefaultBounds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
    private static readonly (string, string)[] HttpLabels = [("http.request.method", "method"), ("http.route", "route"), ("http.response.status_code", "code")];

    /// <summary>By name of the metric: several hosts in one process have instruments of the same name, and a page may name each only once.</summary>
    private readonly ConcurrentDictionary<string, MetricSeries> metrics = new();
    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private readonly MetricSeries build = new("skydriver_build_info", "Version of the program; always 1.", MetricKind.Gauge, [], null);

    /// <param name="app">Which service this is.</param>
    public MetricCollector(string app)
    {
        build.Record(1, [new("app", app), new("version", Version)]);
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (IsWanted(instrument)) to.EnableMeasurementEvents(instrument, metrics.GetOrAdd(instrument.Name, _ => Create(instrument)));
        };
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, series) => ((MetricSeries)series!).Record(value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, series) => ((MetricSeries)series!).Record(value, tags));
        listener.Start();
    }

    /// <summary>Of this program, as builds know it.</summary>
    public static string Version { get; } =
        typeof(MetricCollector).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Everything measured so far, in the text form that Prometheus reads.</summary>
    public string Show()
    {
        lock (gate)
        {
            foreach (MetricSeries gauge in metrics.Values.Where(m => m.Kind is MetricKind.Gauge)) gauge.Clear();
            listener.RecordObservableInstruments();
            return PrometheusText.Write(metrics.Values.Append(build).OrderBy(m => m.Name, StringComparer.Ordinal));
        }
    }

    public void Dispose() => listener.Dispose();

    private static bool IsWanted(Instrument instrument) =>
        instrument.Meter.Name == SkyDriverMetrics.MeterName || (instrument.Meter.Name == HttpMeter && instrument.Name == HttpInstrument);

    private static MetricSeries Create(Instrument instrument)
    {
        string help = instrument.Description ?? "";
        if (instrument.Name == HttpInstrument) return new("skydriver_http_request_seconds", "Time from a request to its answer.", MetricKind.Histogram, DefaultBounds, HttpLabels);
        return instrument switch
        {
            Histogram<double> histogram => new(histogram.Name, help, MetricKind.Histogram, [.. histogram.Advice?.HistogramBucketBoundaries ?? DefaultBounds], null),
            { IsObservable: true } => new(instrument.Name, help, MetricKind.Gauge, [], null),
            _ => new(instrument.Name, help, MetricKind.Counter, [], null),
        };
    }
}
