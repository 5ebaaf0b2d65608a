using System.Text.RegularExpressions;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Orchestrator.Fleet;

namespace SkyDriver.Orchestrator;

/// <param name="Api">Where workers find the REST service.</param>
/// <param name="Terms">On which a scan enters the backlog; later changes of the settings do not touch it.</param>
/// <param name="EnginePerRequest">A request may choose its engine.</param>
public sealed partial record OrchestratorOptions(Uri Api, LifecycleTermsV1 Terms, bool EnginePerRequest)
{
    public static OrchestratorOptions Read(Settings settings)
    {
        string engine = settings.Text("SKYDRIVER_ENGINE", ScanEngine.Native);
        if (engine is not (ScanEngine.Native or ScanEngine.External)) settings.Refuse("SKYDRIVER_ENGINE", $"must be '{ScanEngine.Native}' or '{ScanEngine.External}'");
        string perRequest = settings.Text("SKYDRIVER_ENGINE_PER_REQUEST", "false");
        if (perRequest is not ("true" or "false")) settings.Refuse("SKYDRIVER_ENGINE_PER_REQUEST", "must be 'true' or 'false'");
        TimeSpan second = TimeSpan.FromSeconds(1), day = TimeSpan.FromDays(1);
        LifecycleTermsV1 terms = new(
            engine,
            LaunchAttempts: settings.Integer("SKYDRIVER_LAUNCH_ATTEMPTS", 3, 1, 100),
            LaunchRetrySeconds: Seconds("SKYDRIVER_LAUNCH_RETRY_PAUSE", TimeSpan.FromMinutes(5), second, day),
            NoRoomSeconds: Seconds("SKYDRIVER_NO_ROOM_PAUSE", FleetOptions.UsualRoomPause, second, day),
            ServerStartSeconds: Seconds("SKYDRIVER_SERVER_START_DEADLINE", TimeSpan.FromMinutes(15), second, TimeSpan.FromDays(30)),
            ScanSeconds: Seconds("SKYDRIVER_SCAN_DEADLINE", TimeSpan.FromDays(2), second, TimeSpan.FromDays(365)),
            TeardownSeconds: Seconds("SKYDRIVER_TEARDOWN_WAIT", TimeSpan.FromMinutes(1), TimeSpan.Zero, day),
            ScannerSilenceSeconds: Seconds("SKYDRIVER_SCANNER_SILENCE", TimeSpan.FromHours(3), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            Server: ServerPlace(settings),
            ServerLookSeconds: Seconds("SKYDRIVER_SERVER_LOOK", TimeSpan.FromSeconds(30), second, TimeSpan.FromHours(1)));
        return new(settings.Address(WorkerEnvironment.Api), terms, perRequest == "true");

        double Seconds(string name, TimeSpan fallback, TimeSpan min, TimeSpan max) => settings.Duration(name, fallback, min, max).TotalSeconds;
    }

    private static ServerPlaceV1? ServerPlace(Settings settings)
    {
        const string setting = "SKYDRIVER_SCANNER_PLACE";
        if (settings.Text(setting, "") is not { Length: > 0 } text) return null;
        string[] parts = text.Split('=');
        if (parts.Length <= 2 && parts.All(p => PlaceName().IsMatch(p))) return new(parts[0], parts[^1]);
        settings.Refuse(setting, $"is '{text}'; write PLACE or PLACE=LAUNCHER, of letters, digits, dots, dashes and underscores, such as in-cluster=servers");
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceName();
}
