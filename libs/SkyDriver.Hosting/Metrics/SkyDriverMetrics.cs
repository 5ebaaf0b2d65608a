using System.Diagnostics.Metrics;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Every metric of the services, under the name that <c>/metrics</c> shows. docs/observability.md explains them.</summary>
/// <remarks>
/// Labels come from short fixed lists, or are names of places and algorithms; never ids of scans, workers or users. Which
/// service counts what is said there, too: a metric that a service never touches does not show on its page.
/// </remarks>
public static class SkyDriverMetrics
{
    public const string MeterName = "SkyDriver";

    private static readonly Meter Meter = new(MeterName);

    // Bounds, seconds: from one call to days of scanning.
    private static readonly double[] Calls = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
    private static readonly double[] Recos = [0.001, 0.01, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600];
    private static readonly double[] Long = [1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10_800, 36_000, 86_400, 172_800];

    // --- api

    public static Counter<long> ScansRequested { get; } = Counter("skydriver_scans_requested_total", "Scans that were requested and taken.");

    public static Counter<long> Heartbeats { get; } = Counter("skydriver_heartbeats_total", "Heartbeats of workers, by whether they were taken.");

    // --- orchestrator

    public static Histogram<double> QueueSeconds { get; } = Histogram("skydriver_scan_queue_seconds", "From the request of a scan to its permit.", Long);

    public static Counter<long> ScansGivenUp { get; } = Counter("skydriver_scans_given_up_total", "Scans that never took up their permits.");

    public static Gauge ScansWaiting { get; } = new("skydriver_scans_waiting", "Scans in the backlog that have no permit yet.");

    public static Gauge ScansRunning { get; } = new("skydriver_scans_running", "Scans that have a permit and are not over.");

    public static Gauge Workers { get; } = new("skydriver_workers", "Workers that the fleet knows, by place and state.", "place", "state");

    public static Counter<long> LauncherErrors { get; } = Counter("skydriver_launcher_errors_total", "Calls of a launcher that failed.");

    public static Histogram<double> LauncherSeconds { get; } = Histogram("skydriver_launcher_call_seconds", "Time that a launcher took to answer.", Calls);

    // --- scanner

    public static Counter<long> ScansOpened { get; } = Counter("skydriver_scans_opened_total", "Scans whose ledger was opened.");

    public static Counter<long> ScansEnded { get; } = Counter("skydriver_scans_ended_total", "Scans that ended, by how.");

    public static Histogram<double> ScanSeconds { get; } = Histogram("skydriver_scan_seconds", "From the opening of a ledger to the scan's end.", Long);

    public static Counter<long> BatchesSent { get; } = Counter("skydriver_pixel_batches_sent_total", "Batches of pixels handed out, by the broker or by lease.");

    public static Counter<long> VariationsSent { get; } = Counter("skydriver_variations_sent_total", "Pixel variations handed out, each sending counted.");

    public static Counter<long> VariationsOverdue { get; } = Counter("skydriver_variations_overdue_total", "Pixel variations that were not answered in time and went out again.");

    public static Counter<long> RecosReceived { get; } = Counter("skydriver_reconstructions_received_total", "Reconstructions that came back, by what became of them.");

    public static Histogram<double> RecoSeconds { get; } = Histogram("skydriver_reconstruction_seconds", "Time that a worker took for one reconstruction.", Recos);

    public static LedgerBoard Ledgers { get; } = new();

    // --- worker

    public static Gauge WorkerSlots { get; } = new("skydriver_worker_slots", "Reconstructions that this worker makes at the same time.");

    public static Counter<long> WorkerBatches { get; } = Counter("skydriver_worker_batches_total", "Batches that reached a worker, by what became of them.");

    // --- everywhere

    public static Counter<long> StoreErrors { get; } = Counter("skydriver_store_errors_total", "Calls of the state store that failed.");

    public static Counter<long> BrokerErrors { get; } = Counter("skydriver_broker_errors_total", "Messages that could not be published, by topic.");

    /// <summary>A reading taken when somebody looks.</summary>
    /// <param name="read">Called for each look, from any thread.</param>
    internal static void Observe(string name, string help, Func<IEnumerable<Measurement<double>>> read) => Meter.CreateObservableGauge(name, read, null, help);

    private static Counter<long> Counter(string name, string help) => Meter.CreateCounter<long>(name, null, help);

    private static Histogram<double> Histogram(string name, string help, double[] bounds) =>
        Meter.CreateHistogram(name, "s", help, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
