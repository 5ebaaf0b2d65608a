using SkyDriver.Hosting;

namespace SkyDriver.Orchestrator.Launching;

/// <summary>How fast scans leave the backlog.</summary>
public sealed record BacklogOptions
{
    /// <summary>At least this long between the starts of two scans, so that a shared pool is not flooded; zero on a machine of one's own.</summary>
    public TimeSpan LaunchInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>No scan starts while this many are running.</summary>
    public int MaxConcurrentScans { get; init; } = 100;

    /// <summary>From this priority on a scan heeds neither of the two.</summary>
    public int AsapPriority { get; init; } = 100;

    /// <summary>How often the backlog looks whom to let go.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a scan may take to take its permit up before it is let go again.</summary>
    public TimeSpan PermitDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a scan is let go before it is given up.</summary>
    public int Attempts { get; init; } = 3;

    public static BacklogOptions Read(Settings settings)
    {
        BacklogOptions fallback = new();
        return new()
        {
            LaunchInterval = settings.Duration("SKYDRIVER_LAUNCH_INTERVAL", fallback.LaunchInterval, TimeSpan.Zero, TimeSpan.FromDays(1)),
            MaxConcurrentScans = settings.Integer("SKYDRIVER_MAX_CONCURRENT_SCANS", fallback.MaxConcurrentScans, 1, 10_000),
            AsapPriority = settings.Integer("SKYDRIVER_ASAP_PRIORITY", fallback.AsapPriority, 1, int.MaxValue),
            LookInterval = settings.Duration("SKYDRIVER_BACKLOG_INTERVAL", fallback.LookInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            PermitDeadline = settings.Duration("SKYDRIVER_PERMIT_DEADLINE", fallback.PermitDeadline, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
            Attempts = settings.Integer("SKYDRIVER_PERMIT_ATTEMPTS", fallback.Attempts, 1, 100),
        };
    }
}
