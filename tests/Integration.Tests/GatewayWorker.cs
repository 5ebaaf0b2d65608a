namespace SkyDriver.Integration.Tests;

/// <summary>A worker of one scan, which fetches its pixels from the REST service.</summary>
internal sealed class GatewayWorker : WorkerProgram
{
    private GatewayWorker(Uri service, IEnumerable<(string Name, string Value)> environment)
        : base(service, environment)
    {
    }

    /// <param name="delay">How long each reconstruction takes.</param>
    public static GatewayWorker Start(Uri service, string scan, string name, string delay) =>
        new(service, [("SKYDRIVER_WORK", "gateway"), ("SKYDRIVER_SCAN_ID", scan), ("SKYDRIVER_WORKER_ID", name), ("SKYDRIVER_DUMMY_DELAY", delay)]);

    /// <summary>Waits until it holds a batch.</summary>
    public Task UntilWorkingAsync() => UntilSaidAsync(" taken: ");
}
