namespace SkyDriver.Integration.Tests;

/// <summary>One scan by the ordinary workers of this machine, to which others of the same pixels are compared, and the service that made it.</summary>
public sealed class ReferenceScan : IAsyncDisposable
{
    public const string Nsides = "2:0 4:12";

    private readonly TemporaryFolder _data = new();
    private LocalService? _service;
    private string? _scan;

    /// <summary>Its workers stay for another scan.</summary>
    internal async Task<LocalService> ServiceAsync() => _service ??= await LocalService.StartAsync(_data.Path, ("SKYDRIVER_FLEET_LINGER", "10s"));

    internal async Task<string> MapAsync()
    {
        LocalService service = await ServiceAsync();
        _scan ??= await service.RequestAsync(Nsides, label: "reference");
        await service.StatesUntilAsync(_scan, s => s == "SCAN_HAS_FINAL_RESULT");
        return await service.MapAsync(_scan);
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null) await _service.DisposeAsync();
        _data.Dispose();
    }
}

[CollectionDefinition(nameof(ReferenceScan))]
public sealed class ReferenceScanCollection : ICollectionFixture<ReferenceScan>;
