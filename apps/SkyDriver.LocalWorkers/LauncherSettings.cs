using System.Globalization;
using System.Text.Json;

namespace SkyDriver.LocalWorkers;

/// <summary>Metadata of the component.</summary>
/// <param name="Command">Program and arguments of one worker, run in this process' folder; never passed through a shell.</param>
/// <param name="MaxWorkers">Processes at once, over all scans; the environment's SKYDRIVER_MAX_WORKERS lowers it for one run.</param>
/// <param name="StopTimeout">How long a worker may take to end by itself.</param>
internal sealed record LauncherSettings(IReadOnlyList<string> Command, int MaxWorkers, TimeSpan StopTimeout)
{
    private const string MaxWorkersVariable = "SKYDRIVER_MAX_WORKERS";
    private const double LongestStopSeconds = 3600;

    /// <exception cref="FormatException">Settings are missing or wrong; the message lists all of them.</exception>
    public static LauncherSettings Read(IEnumerable<KeyValuePair<string, string>> properties)
    {
        Dictionary<string, string> given = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in properties) given[name] = value;
        List<string> faults = [];
        string[] command = ReadCommand(given.GetValueOrDefault("command"), faults);
        int maxWorkers = ReadCount("maxWorkers", given.GetValueOrDefault("maxWorkers", "64"), faults);
        if (Environment.GetEnvironmentVariable(MaxWorkersVariable) is { Length: > 0 } most) maxWorkers = Math.Min(maxWorkers, ReadCount(MaxWorkersVariable, most, faults));
        TimeSpan stopTimeout = ReadSeconds("stopTimeout", given.GetValueOrDefault("stopTimeout", "10s"), faults);
        return faults.Count == 0 ? new(command, maxWorkers, stopTimeout) : throw new FormatException(string.Join("; ", faults) + ".");
    }

    private static int ReadCount(string name, string text, List<string> faults)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1) return count;
        faults.Add($"{name} is '{text}'; give a whole number from 1 on");
        return 1;
    }

    private static TimeSpan ReadSeconds(string name, string text, List<string> faults)
    {
        if (text.EndsWith('s') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0 and <= LongestStopSeconds) return TimeSpan.FromSeconds(seconds);
        faults.Add($"{name} is '{text}'; give seconds up to an hour, such as 10s");
        return TimeSpan.Zero;
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
