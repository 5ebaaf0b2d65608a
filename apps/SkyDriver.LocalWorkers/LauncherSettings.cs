using System.Globalization;
using System.Text.Json;

namespace SkyDriver.LocalWorkers;

/// <summary>Metadata of the component.</summary>
/// <param name="Command">Program and arguments of one worker, run in this process' folder; never passed through a shell.</param>
/// <param name="MaxWorkers">Processes at once, over all scans; the environment's SKYDRIVER_MAX_WORKERS lowers it for one run.</param>
/// <param name="StopTimeout">How long a worker may take to end by itself.</param>
internal sealed record LauncherSettings(IReadOnlyList<string> Command, int MaxWorkers, TimeSpan StopTimeout)
{
    /// <exception cref="FormatException">Settings are missing or wrong; the message lists all of them.</exception>
    public static LauncherSettings Read(IEnumerable<KeyValuePair<string, string>> properties)
    {
        Dictionary<string, string> given = new(properties, StringComparer.OrdinalIgnoreCase);
        List<string> faults = [];
        string[] command = ReadCommand(given.GetValueOrDefault("command"), faults);
        string workers = given.GetValueOrDefault("maxWorkers", "64");
        if (!int.TryParse(workers, NumberStyles.None, CultureInfo.InvariantCulture, out int maxWorkers) || maxWorkers < 1)
        {
            faults.Add($"maxWorkers is '{workers}'; give a whole number from 1 on");
        }

        if (int.TryParse(Environment.GetEnvironmentVariable("SKYDRIVER_MAX_WORKERS"), NumberStyles.None, CultureInfo.InvariantCulture, out int most) && most >= 1)
        {
            maxWorkers = Math.Min(maxWorkers, most);
        }

        string stop = given.GetValueOrDefault("stopTimeout", "10s");
        if (!stop.EndsWith('s') || !double.TryParse(stop.AsSpan(0, stop.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) || seconds > 3600)
        {
            faults.Add($"stopTimeout is '{stop}'; give seconds up to an hour, such as 10s");
            seconds = 0;
        }

        return faults.Count == 0 ? new(command, maxWorkers, TimeSpan.FromSeconds(seconds)) : throw new FormatException(string.Join("; ", faults) + ".");
    }

    private static string[] ReadCommand(string? text, List<string> faults)
    {
        try
        {
            if (text is not null && JsonSerializer.Deserialize<string[]>(text) is { Length: > 0 } command && command.All(part => !string.IsNullOrEmpty(part))) return command;
        }
        catch (JsonException)
        {
            // Said below.
        }

        faults.Add("command must be a JSON list of texts, the program first, such as [\"dotnet\", \"worker.dll\"]");
        return [];
    }
}
