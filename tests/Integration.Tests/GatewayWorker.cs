namespace SkyDriver.Integration.Tests;

/// <summary>A worker of one scan, which fetches its pixels from the REST service.</summary>
internal sealed class GatewayWorker : WorkerProgram
{
    private GatewayWorker(Uri service, IEnumerable<(string Name, string Value)> environment, string[]? within)
        : base(service, environment, within)
    {
    }

    /// <param name="delay">How long each reconstruction takes.</param>
    /// <param name="within">Program and arguments that run the worker, which follows.</param>
    /// <param name="environment">Beside its own.</param>
    public static GatewayWorker Start(Uri service, string scan, string name, string delay, string[]? within = null, params (string Name, string Value)[] environment) =>
        new(service, [("SKYDRIVER_WORK", "gateway"), ("SKYDRIVER_SCAN_ID", scan), ("SKYDRIVER_WORKER_ID", name), ("SKYDRIVER_DUMMY_DELAY", delay), .. environment], within);
}
