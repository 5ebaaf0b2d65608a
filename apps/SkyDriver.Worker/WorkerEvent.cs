using SkyDriver.Hosting;
using SkyDriver.IceCube;

namespace SkyDriver.Worker;

/// <summary>The event this worker reconstructs, loaded before the worker listens, so that no batch comes before it.</summary>
public sealed partial class WorkerEvent(EventSource source, WorkerOptions options, ILogger<WorkerEvent> log) : IHostedService
{
    /// <summary>Exit code of a worker that cannot read its event: no other worker can, either.</summary>
    public const int Unreadable = 6;

    private IceCubeEvent? loaded;

    /// <exception cref="InvalidOperationException">Before the host started.</exception>
    public IceCubeEvent Value => loaded ?? throw new InvalidOperationException("The event is loaded when the host starts.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> json = await source.FetchAsync(cancellationToken);
        try
        {
            loaded = EventReader.Read(json, cancellationToken);
        }
        catch (EventFormatException broken)
        {
            throw new StartupException($"The event of scan {options.ScanId} cannot be read: {broken.Message}", Unreadable);
        }

        LogLoaded(options.WorkerId, options.ScanId, loaded.EventIdText, loaded.CleanedHits.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Worker} of scan {Scan} has event {Event}: {Modules} modules with pulses")]
    private partial void LogLoaded(string worker, string scan, string @event, int modules);
}
