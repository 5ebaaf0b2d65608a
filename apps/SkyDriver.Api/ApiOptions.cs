using SkyDriver.Contracts;
using SkyDriver.Hosting;

namespace SkyDriver.Api;

/// <param name="Clusters">Places where workers may be asked for; each has a binding component <c>workers-NAME</c>.</param>
/// <param name="RepeatWindow">How long the same request again counts as a repeat of the first.</param>
/// <param name="KeyWindow">The same for a request with an <c>Idempotency-Key</c>.</param>
/// <param name="StrictV2">Refuse what only first-generation clients send or leave out.</param>
/// <param name="ExternalEngine">Scans are made by scanners outside of this system, whose algorithms it does not know.</param>
/// <param name="Address">Where this service is reached, as manifests show it; null when nobody said.</param>
/// <param name="LogsAddress">Where a site keeps its logs, with <c>{scan_id}</c> in it; null when it keeps none.</param>
public sealed record ApiOptions(
    IReadOnlyList<string> Clusters, TimeSpan RepeatWindow, TimeSpan KeyWindow, bool StrictV2, bool ExternalEngine, string? Address, string? LogsAddress)
{
    /// <summary>Workers per place while their output comes back: much more would drown it.</summary>
    private const int MaxDebugged = 100;
    private const int MaxDebuggedLocally = 5;

    public static ApiOptions Read(Settings settings)
    {
        string engine = settings.Text("SKYDRIVER_ENGINE", "native");
        if (engine is not ("native" or "external")) settings.Refuse("SKYDRIVER_ENGINE", "must be 'native' or 'external'");
        string strict = settings.Text("SKYDRIVER_STRICT_V2", "false");
        if (strict is not ("true" or "false")) settings.Refuse("SKYDRIVER_STRICT_V2", "must be 'true' or 'false'");
        return new(
            settings.Text("SKYDRIVER_CLUSTERS", "local").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries),
            settings.Duration("SKYDRIVER_REPEAT_WINDOW", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            settings.Duration("SKYDRIVER_KEY_WINDOW", TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            strict == "true",
            engine == "external",
            Optional(settings, WorkerEnvironment.Api),
            Optional(settings, "SKYDRIVER_LOGS_ADDRESS"));
    }

    public static int MaxWorkersDebugged(string cluster) => cluster == "local" ? MaxDebuggedLocally : MaxDebugged;

    private static string? Optional(Settings settings, string name) => settings.Text(name, "") is { Length: > 0 } text ? text.TrimEnd('/') : null;
}
