namespace SkyDriver.Integration.Tests;

/// <summary>A worker of one scan beside a sidecar of its own, which delivers its pixels; as a launcher of the service starts it.</summary>
internal sealed class SidecarWorker : WorkerProgram
{
    private SidecarWorker(Uri service, IEnumerable<(string Name, string Value)> environment)
        : base(service, environment, ["dotnet", TestPaths.Built("SkyDriver.Sidecar", "skydriver-sidecar.dll"), "run", "--app-id", "skydriver-worker", "--app-port", "0", "--"])
    {
    }

    /// <summary>The worker itself, below what runs it and the sidecar.</summary>
    public int WorkerId => ProcessTable.Below(Id, "skydriver-worker.dll");

    /// <param name="folder">Where its work has files.</param>
    /// <param name="delay">How long each reconstruction takes.</param>
    public static SidecarWorker Start(LocalService service, string scan, string name, string folder, string delay)
    {
        // The sidecars of one machine share a broker and a store in memory of the services' host: there it joins them.
        string host = ProcessTable.Setting(ProcessTable.Below(service.ProcessId, "skydriver-local-workers.dll"), "SIDECAR_HOST_SOCKET")!;
        return new(service.Http.BaseAddress!, [
            ("SIDECAR_HOST_SOCKET", host), ("SKYDRIVER_BATCH", scan), ("SKYDRIVER_SCAN_ID", scan), ("SKYDRIVER_WORKER_NAME", name), ("SKYDRIVER_WORK_FOLDER", folder), ("SKYDRIVER_DUMMY_DELAY", delay),
        ]);
    }
}
