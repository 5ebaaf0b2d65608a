namespace SkyDriver.Integration.Tests;

/// <summary>A worker of the fleet, which knows nothing but the address of the REST service.</summary>
internal sealed class FleetWorker : WorkerProgram
{
    private FleetWorker(Uri service, IEnumerable<(string Name, string Value)> environment)
        : base(service, environment)
    {
    }

    public static FleetWorker Start(Uri service, string name, string folder, params (string Name, string Value)[] environment) =>
        new(service, [("SKYDRIVER_WORKER_NAME", name), ("SKYDRIVER_WORK_FOLDER", folder), .. environment]);
}
