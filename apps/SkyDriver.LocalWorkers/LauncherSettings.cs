using SkyDriver.Components;

namespace SkyDriver.LocalWorkers;

/// <summary>Metadata of the component.</summary>
/// <param name="Command">Program and arguments of one worker, run in this process' folder; never passed through a shell.</param>
/// <param name="MaxWorkers">Processes at once, over all scans; the environment's SKYDRIVER_MAX_WORKERS lowers it for one run.</param>
/// <param name="StopTimeout">How long a worker may take to end by itself.</param>
internal sealed record LauncherSettings(IReadOnlyList<string> Command, int MaxWorkers, TimeSpan StopTimeout)
{
    private const string MaxWorkersVariable = "SKYDRIVER_MAX_WORKERS";
    private const string CommandForm = "a JSON list of texts, the program first, such as [\"dotnet\", \"worker.dll\"]";
    private const double LongestStopSeconds = 3600;

    /// <exception cref="FormatException">Settings are missing or wrong; the message lists all of them.</exception>
    public static LauncherSettings Read(IEnumerable<KeyValuePair<string, string>> properties)
    {
        ComponentMetadata from = new([.. properties, new(MaxWorkersVariable, Environment.GetEnvironmentVariable(MaxWorkersVariable) ?? "")]);
        string[] command = from.Document<string[]>("command", CommandForm) ?? [];
        if (command.Length == 0 || command.Any(string.IsNullOrEmpty)) from.Faults.Add($"command must be {CommandForm}");
        int maxWorkers = Math.Min(from.Number("maxWorkers", usual: 64, 1, int.MaxValue), from.Number(MaxWorkersVariable, usual: int.MaxValue, 1, int.MaxValue));
        TimeSpan stopTimeout = from.Seconds("stopTimeout", "10s", 0, LongestStopSeconds);
        from.ThrowIfFaulty();
        return new(command, maxWorkers, stopTimeout);
    }
}
