using System.Globalization;
using System.Runtime.InteropServices;

namespace SkyDriver.Integration.Tests;

/// <summary>The processes of this machine, as /proc shows them.</summary>
internal static partial class ProcessTable
{
    private const int KillSignal = 9, TerminateSignal = 15, GoOnSignal = 18, StopSignal = 19;

    /// <summary>Ids of processes with the text in their environment and the program's name on their command line.</summary>
    public static int[] Find(string program, string environment) =>
    [
        .. All().Where(id => id != Environment.ProcessId && Read(id, "cmdline").Contains(program) && Read(id, "environ").Contains(environment)),
    ];

    /// <summary>A variable of the environment that a process was started with; null when it has none.</summary>
    public static string? Setting(int process, string variable) =>
        Read(process, "environ").Split('\0').FirstOrDefault(v => v.StartsWith(variable + "=", StringComparison.Ordinal))?[(variable.Length + 1)..];

    /// <summary>The one descendant whose command line names the program.</summary>
    public static int Below(int ancestor, string program) => Below(ancestor).Single(id => Read(id, "cmdline").Split('\0').ElementAtOrDefault(1)?.EndsWith(program, StringComparison.Ordinal) is true);

    /// <summary>All descendants of a process.</summary>
    public static int[] Below(int ancestor) => [.. All().Where(id => IsBelow(id, ancestor))];

    public static bool IsBelow(int process, int ancestor)
    {
        for (int at = Parent(process); at > 1; at = Parent(at))
        {
            if (at == ancestor) return true;
        }

        return false;
    }

    /// <summary>There is such a process, and it is not only waiting for its parent to notice that it ended.</summary>
    public static bool IsRunning(int process) => State(process) is not (null or 'Z');

    /// <summary>As the kernel names it: <c>S</c> waits, <c>T</c> is stopped; null when there is no such process.</summary>
    public static char? State(int process) => Read(process, "stat") is { Length: > 0 } stat ? stat[(stat.LastIndexOf(')') + 2)..][0] : null;

    public static void Kill(int process) => Assert.Equal(0, Kill(process, KillSignal));

    /// <summary>Lets a process hang, or go on.</summary>
    public static void Freeze(int process, bool freeze) => Assert.Equal(0, Kill(process, freeze ? StopSignal : GoOnSignal));

    /// <summary>For a process that may have ended by itself meanwhile.</summary>
    public static void TryKill(int process) => _ = Kill(process, KillSignal);

    /// <summary>Ports at the other ends of a process's TCP connections, once each.</summary>
    public static int[] PeerPorts(int process)
    {
        HashSet<string> sockets = [.. Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "").Where(t => t.StartsWith("socket:[", StringComparison.Ordinal)).Select(t => t[8..^1])];
        // Columns: number, local address, remote address (HEX:PORT), state (1: established), ..., inode as the tenth.
        return
        [
            .. Read(process, "net/tcp").Split('\n').Concat(Read(process, "net/tcp6").Split('\n'))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(c => c.Length > 9 && c[3] == "01" && sockets.Contains(c[9]))
                .Select(c => int.Parse(c[2][(c[2].IndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                .Distinct(),
        ];
    }

    /// <summary>Ports of this machine on which somebody listens for TCP.</summary>
    public static int[] ListeningPorts() =>
    [
        .. Read(Environment.ProcessId, "net/tcp").Split('\n').Concat(Read(Environment.ProcessId, "net/tcp6").Split('\n'))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(c => c.Length > 9 && c[3] == "0A").Select(c => int.Parse(c[1][(c[1].LastIndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).Distinct(),
    ];

    public static void Terminate(int process) => Assert.Equal(0, Kill(process, TerminateSignal));

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture));

    private static int Parent(int process) =>
        Read(process, "stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
