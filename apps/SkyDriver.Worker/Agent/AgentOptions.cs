using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting;

namespace SkyDriver.Worker.Agent;

/// <summary>Settings of a worker of the fleet, from its environment.</summary>
internal sealed record AgentOptions
{
    public required Uri Api { get; init; }

    /// <summary>The batch that it begins with; for a scan its id.</summary>
    public required string Batch { get; init; }

    /// <summary>What the launcher calls it; null for one that was started by hand.</summary>
    public string? LauncherId { get; init; }

    public required string Name { get; init; }

    public string? Token { get; init; }

    /// <summary>Tasks at once.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Tasks staged ahead.</summary>
    public int Prefetch { get; init; }

    public string? Flavor { get; init; }

    public string? Region { get; init; }

    /// <summary>Where work keeps its files.</summary>
    public required string Folder { get; init; }

    /// <summary>Program that runs containers; null for the first of the known ones that is on the path.</summary>
    public string? ContainerEngine { get; init; }

    /// <summary>Bytes kept of one stream of a command until the service has them.</summary>
    public long LogBytes { get; init; } = 16 << 20;

    /// <summary>How long what runs may go on when this worker is told to stop; below what the scheduler grants.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Failures in a row, with no success in between, after which it takes no more work; 0 for never.</summary>
    public int QuarantineAfter { get; init; } = 5;

    /// <summary>How long one that a launcher started, and that has neither a scan nor tasks, waits before it ends by itself.</summary>
    public TimeSpan IdleAtMost { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Beginning with no scan in mind.</summary>
    public bool IsPlain { get; init; }

    /// <returns>Null for a worker of one scan that nobody watches, as one started without a fleet.</returns>
    public static AgentOptions? Read(Settings settings)
    {
        string batch = settings.Text(WorkerEnvironment.Batch, ""), scan = settings.Text(WorkerEnvironment.ScanId, "");
        if (batch == "" && scan != "") return null;
        string id = settings.Text(WorkerEnvironment.WorkerId, "");
        string name = settings.Text("SKYDRIVER_WORKER_NAME", id != "" ? id : $"{Environment.MachineName}-{Environment.ProcessId}");
        return new()
        {
            Api = settings.Address(WorkerEnvironment.Api),
            Batch = batch != "" ? batch : FleetIds.DefaultBatch,
            IsPlain = scan == "" && batch == "",
            LauncherId = id != "" && batch != "" ? id : null,
            Name = name,
            Token = settings.Text(WorkerEnvironment.Token, "") is { Length: > 0 } token ? token : null,
            Concurrency = settings.Integer("SKYDRIVER_WORKER_CONCURRENCY", 1, 0, 10_000),
            Prefetch = settings.Integer("SKYDRIVER_WORKER_PREFETCH", 0, 0, 10_000),
            Flavor = Optional(settings, "SKYDRIVER_WORKER_FLAVOR"),
            Region = Optional(settings, "SKYDRIVER_WORKER_REGION"),
            Folder = settings.Text("SKYDRIVER_WORK_FOLDER", Path.Combine(Environment.GetEnvironmentVariable("_CONDOR_SCRATCH_DIR") ?? Path.GetTempPath(), "skydriver", Safe(name))),
            ContainerEngine = Optional(settings, "SKYDRIVER_CONTAINER_ENGINE"),
            LogBytes = settings.Integer("SKYDRIVER_TASK_LOG_BYTES", 16 << 20, 4096, int.MaxValue),
            Grace = settings.Duration("SKYDRIVER_WORKER_GRACE", TimeSpan.FromSeconds(6), TimeSpan.Zero, TimeSpan.FromHours(1)),
            QuarantineAfter = settings.Integer("SKYDRIVER_QUARANTINE_AFTER", 5, 0, 1_000_000),
            IdleAtMost = settings.Duration("SKYDRIVER_WORKER_IDLE", TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        };
    }

    private static string? Optional(Settings settings, string name) => settings.Text(name, "") is { Length: > 0 } text ? text : null;

    private static string Safe(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
}
