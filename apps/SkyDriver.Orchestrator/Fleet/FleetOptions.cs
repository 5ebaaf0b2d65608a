using System.Text.Json;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Settings of the fleet.</summary>
public sealed record FleetOptions
{
    public static TimeSpan UsualRoomPause { get; } = TimeSpan.FromMinutes(1);

    /// <summary>First part of the names of deployed workers.</summary>
    public string Server { get; init; } = "skydriver";

    /// <summary>Launcher of workers that are asked for by hand without naming one.</summary>
    public string Provider { get; init; } = "local";

    /// <summary>Likewise the place.</summary>
    public string Region { get; init; } = "local";

    /// <summary>The one that recruiters prefer where they may choose.</summary>
    public string? PreferredRegion { get; init; }

    public IdleLimits Idle { get; init; } = IdleLimits.Usual;

    /// <summary>Limits of single providers.</summary>
    public IReadOnlyDictionary<string, IdleLimits> IdleOf { get; init; } = new Dictionary<string, IdleLimits>();

    public IReadOnlyList<FlavorV1> Catalogue { get; init; } = [];

    /// <summary>How often the launchers' lists are compared with ours.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long workers of a scan that is over wait for another scan.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A place that had no room, or did not answer, is asked again after this.</summary>
    public TimeSpan RoomPause { get; init; } = UsualRoomPause;

    /// <summary>Bytes of one stream of an execution that are kept.</summary>
    public int MostLogBytes { get; init; } = 16 << 20;

    public IdleLimits LimitsOf(string? provider) => provider is not null && IdleOf.TryGetValue(provider, out IdleLimits? own) ? own : Idle;

    public static FleetOptions Read(Settings settings)
    {
        FleetOptions usual = new();
        TimeSpan second = TimeSpan.FromSeconds(1), day = TimeSpan.FromDays(1);
        return new()
        {
            Server = settings.Text("SKYDRIVER_FLEET_NAME", usual.Server),
            Provider = settings.Text("SKYDRIVER_FLEET_PROVIDER", usual.Provider),
            Region = settings.Text("SKYDRIVER_FLEET_REGION", usual.Region),
            PreferredRegion = settings.Text("SKYDRIVER_FLEET_PREFERRED_REGION", "") is { Length: > 0 } preferred ? preferred : null,
            Idle = new(
                settings.Duration("SKYDRIVER_FLEET_IDLE", usual.Idle.Idle, second, day),
                settings.Duration("SKYDRIVER_FLEET_NEVER_WORKED", usual.Idle.NeverWorked, second, day)),
            IdleOf = ReadIdle(settings),
            Catalogue = ReadCatalogue(settings),
            SweepInterval = settings.Duration("SKYDRIVER_FLEET_SWEEP", usual.SweepInterval, TimeSpan.FromSeconds(10), day),
            Linger = settings.Duration("SKYDRIVER_FLEET_LINGER", usual.Linger, TimeSpan.Zero, TimeSpan.FromHours(1)),
            RoomPause = settings.Duration("SKYDRIVER_NO_ROOM_PAUSE", usual.RoomPause, second, day),
            MostLogBytes = settings.Integer("SKYDRIVER_FLEET_LOG_BYTES", usual.MostLogBytes, 64 << 10, 1 << 30),
        };
    }

    /// <summary><c>local=60/120 htcondor=600/1800</c>: seconds idle, seconds never worked.</summary>
    private static Dictionary<string, IdleLimits> ReadIdle(Settings settings)
    {
        Dictionary<string, IdleLimits> limits = [];
        foreach (string item in settings.Text("SKYDRIVER_FLEET_IDLE_OF", "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = item.Split('=', '/');
            if (parts.Length == 3 && int.TryParse(parts[1], out int idle) && int.TryParse(parts[2], out int never) && idle > 0 && never > 0)
                limits[parts[0]] = new(TimeSpan.FromSeconds(idle), TimeSpan.FromSeconds(never));
            else settings.Refuse("SKYDRIVER_FLEET_IDLE_OF", $"has '{item}'; write PROVIDER=IDLE/NEVER_WORKED in seconds, such as local=60/120");
        }

        return limits;
    }

    /// <summary>A JSON file: an array of flavors as the REST service shows them.</summary>
    private static IReadOnlyList<FlavorV1> ReadCatalogue(Settings settings)
    {
        const string Name = "SKYDRIVER_FLEET_CATALOGUE";
        string path = settings.Text(Name, "");
        if (path == "") return [];
        try
        {
            return JsonSerializer.Deserialize<FlavorV1[]>(File.ReadAllBytes(path)) ?? [];
        }
        catch (Exception broken) when (broken is IOException or JsonException or UnauthorizedAccessException)
        {
            settings.Refuse(Name, $"names '{path}', which cannot be read as a catalogue: {broken.Message}");
            return [];
        }
    }
}
