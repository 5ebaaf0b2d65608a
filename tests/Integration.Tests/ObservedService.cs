namespace SkyDriver.Integration.Tests;

/// <summary>One set of services that is watched by every means it has, and one scan made there.</summary>
public sealed class ObservedService : IAsyncLifetime
{
    public const string WorkerKey = "a key that nobody may read anywhere 0123456789";

    private readonly TemporaryFolder _data = new();

    internal CollectorDouble Collector { get; private set; } = null!;

    internal LocalService Service { get; private set; } = null!;

    public string ScanId { get; private set; } = "";

    public string Log => File.ReadAllText(Path.Combine(_data.Path, "skydriver.log"));

    public async ValueTask InitializeAsync()
    {
        Collector = await CollectorDouble.StartAsync();
        Service = await LocalService.StartAsync(
            _data.Path,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("SKYDRIVER_LOG_FORMAT", "json"), ("SKYDRIVER_WORKER_KEY", WorkerKey));
        ScanId = await Service.RequestAsync("1:0 2:12 4:48");
        await Service.UntilCompleteAsync(ScanId);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Collector.DisposeAsync();
        _data.Dispose();
    }
}
