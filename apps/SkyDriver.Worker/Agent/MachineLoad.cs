using System.Globalization;

namespace SkyDriver.Worker.Agent;

/// <summary>How busy this machine is, as heartbeats say it.</summary>
internal sealed class MachineLoad
{
    private const int Idle = 3, WaitsForDisk = 4;

    private long[] _last = Times();

    /// <returns>Percent of the processors' time since the last call, and how much of the rest waited for disks: <c>37.5 2.0</c>; null where nobody counts.</returns>
    public string? Processors()
    {
        long[] now = Times(), before = _last;
        _last = now;
        if (now.Length <= WaitsForDisk || before.Length != now.Length) return null;
        double all = now.Sum() - before.Sum();
        if (all <= 0) return null;
        double disk = now[WaitsForDisk] - before[WaitsForDisk], idle = now[Idle] - before[Idle];
        return string.Create(CultureInfo.InvariantCulture, $"{100 * (all - idle - disk) / all:0.0} {100 * disk / all:0.0}");
    }

    /// <summary>Percent of memory in use; null where nobody counts.</summary>
    public static double? Memory()
    {
        Dictionary<string, long> lines = [];
        foreach (string line in Lines("/proc/meminfo").Take(5))
        {
            string[] words = line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes)) lines[words[0]] = kilobytes;
        }

        return lines.TryGetValue("MemTotal", out long total) && total > 0 && lines.TryGetValue("MemAvailable", out long free) ? Math.Round(100.0 * (total - free) / total, 1) : null;
    }

    /// <summary>Means of running processes over 1, 5 and 15 minutes.</summary>
    public static string[] Averages() => Lines("/proc/loadavg") is [{ } line, ..] ? line.Split(' ')[..3] : [];

    // Guests are counted among users already; they and what follows are left out.
    private static long[] Times() => Lines("/proc/stat") is [{ } line, ..]
        ? [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(t => long.Parse(t, CultureInfo.InvariantCulture))]
        : [];

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
