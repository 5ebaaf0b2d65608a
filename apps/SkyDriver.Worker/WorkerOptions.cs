using SkyDriver.Contracts;
using SkyDriver.External;
using SkyDriver.Hosting;
using SkyDriver.Reco;

namespace SkyDriver.Worker;

/// <summary>Settings of a worker, from its environment.</summary>
public sealed record WorkerOptions
{
    /// <summary>REST service that has the event.</summary>
    public required Uri Api { get; init; }

    /// <summary>The one scan this worker serves.</summary>
    public required string ScanId { get; init; }

    /// <summary>Stands in every answer; a variation is set aside after different workers failed on it.</summary>
    public required string WorkerId { get; init; }

    /// <summary>Batches reconstructed at the same time, each on a thread of its own.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>How long to ask for the event before giving up.</summary>
    public TimeSpan EventTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a worker with nothing to do asks whether its scan is over.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Fetch pixels from the REST service, without a sidecar.</summary>
    public bool UsesGateway { get; init; }

    /// <summary>Lets the worker in at the REST service; null where that asks for none.</summary>
    public string? Token { get; init; }

    /// <summary>How long the REST service may be away before a worker that fetches its pixels there gives up.</summary>
    public TimeSpan GatewayPatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Settings of the reconstructions.</summary>
    public RecoOptions Reco { get; init; } = new();

    public static WorkerOptions Read(Settings settings)
    {
        string work = settings.Text(WorkerEnvironment.Work, "sidecar");
        if (work is not ("sidecar" or "gateway")) settings.Refuse(WorkerEnvironment.Work, "must be 'sidecar' or 'gateway'");
        return new()
        {
            Api = settings.Address(WorkerEnvironment.Api),
            ScanId = settings.Text(WorkerEnvironment.ScanId),
            WorkerId = settings.Text(WorkerEnvironment.WorkerId, $"{Environment.MachineName}-{Environment.ProcessId}"),
            Slots = settings.Integer("SKYDRIVER_WORKER_SLOTS", 1, 1, 256),
            UsesGateway = work == "gateway",
            Token = settings.Text(WorkerEnvironment.Token, "") is { Length: > 0 } token ? token : null,
            GatewayPatience = settings.Duration("SKYDRIVER_GATEWAY_PATIENCE", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            EventTimeout = settings.Duration("SKYDRIVER_EVENT_TIMEOUT", TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromDays(1)),
            WatchInterval = settings.Duration("SKYDRIVER_SCAN_WATCH_INTERVAL", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Reco = new()
            {
                DummyDelay = settings.Duration("SKYDRIVER_DUMMY_DELAY", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)),
                CrashProbability = settings.Number("SKYDRIVER_CRASH_PROBABILITY", 0.5, 0, 1),
                External = ReadExternal(settings) is { } program ? ev => new ExternalReconstruction(program, ev, TimeProvider.System) : null,
            },
        };
    }

    private static ExternalProgram? ReadExternal(Settings settings)
    {
        const string command = "SKYDRIVER_EXTERNAL_COMMAND";
        TimeSpan start = settings.Duration("SKYDRIVER_EXTERNAL_START_TIMEOUT", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        TimeSpan fit = settings.Duration("SKYDRIVER_EXTERNAL_FIT_TIMEOUT", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        if (settings.Text(command, "") is not { Length: > 0 } text) return null;
        ExternalProgram? program = ExternalProgram.Parse(text, out string? fault);
        if (fault is not null) settings.Refuse(command, fault);
        return program is null ? null : program with { StartTimeout = start, FitTimeout = fit };
    }
}
