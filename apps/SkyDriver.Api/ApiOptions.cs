using SkyDriver.Contracts;
using SkyDriver.Hosting;

namespace SkyDriver.Api;

/// <param name="Clusters">Places where workers may be asked for.</param>
/// <param name="RepeatWindow">How long the same request again counts as a repeat of the first.</param>
/// <param name="KeyWindow">The same for a request with an <c>Idempotency-Key</c>.</param>
/// <param name="LeftoversAge">Pieces of events and results whose writing began longer ago and did not end are removed.</param>
/// <param name="StrictV2">Refuse what only first-generation clients send or leave out.</param>
/// <param name="Engine">One of <see cref="ScanEngine"/>: who makes scans whose request does not say.</param>
/// <param name="EnginePerRequest">A request may say who makes its scan.</param>
/// <param name="Address">Where this service is reached, as manifests show it; null when nobody said.</param>
/// <param name="LogsAddress">Where a site keeps its logs, with <c>{scan_id}</c> in it; null when it keeps none.</param>
public sealed record ApiOptions(
    IReadOnlyList<string> Clusters, TimeSpan RepeatWindow, TimeSpan KeyWindow, TimeSpan LeftoversAge, bool StrictV2, string Engine, bool EnginePerRequest, string? Address, string? LogsAddress)
{
    /// <summary>Workers per place while their output comes back: much more would drown it.</summary>
    private const int MaxDebugged = 100;
    private const int MaxDebuggedLocally = 5;

    public static ApiOptions Read(Settings settings)
    {
        string engine = settings.Text("SKYDRIVER_ENGINE", ScanEngine.Native);
        if (!IsEngine(engine)) settings.Refuse("SKYDRIVER_ENGINE", $"must be '{ScanEngine.Native}' or '{ScanEngine.External}'");
        return new(
            WorkerPlaces.Read(settings).Names,
            settings.Duration("SKYDRIVER_REPEAT_WINDOW", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            settings.Duration("SKYDRIVER_KEY_WINDOW", TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            settings.Duration("SKYDRIVER_LEFTOVERS_AGE", TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)),
            settings.Flag("SKYDRIVER_STRICT_V2"),
            engine,
            settings.Flag("SKYDRIVER_ENGINE_PER_REQUEST"),
            Optional(settings, WorkerEnvironment.Api),
            Optional(settings, "SKYDRIVER_LOGS_ADDRESS"));
    }

    public static bool IsEngine(string name) => name is ScanEngine.Native or ScanEngine.External;

    /// <summary>Who makes a scan that names this engine, or none.</summary>
    public string EngineFor(string? named) => EnginePerRequest && named is not null ? named : Engine;

    public static int MaxWorkersDebugged(string cluster) => cluster == "local" ? MaxDebuggedLocally : MaxDebugged;

    private static string? Optional(Settings settings, string name) => settings.Text(name, "") is { Length: > 0 } text ? text.TrimEnd('/') : null;
}
