using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SkyDriver.External;

/// <summary>A program and its children: a session and process group of its own, killed as one, and on a leash.</summary>
/// <remarks>
/// The leash is a small process outside of the group whose input is a pipe from here. When this process dies, by whatever signal, the pipe
/// closes and the leash kills the group. The program itself begins only once the leash is on; should this process die before that, its
/// place ends with its input. A system without sessions has no leash, and its children are sought out one by one.
/// </remarks>
internal sealed partial class LeashedProcess : IDisposable
{
    private const int SigKill = 9;
    private const string SessionStarter = "/usr/bin/setsid", Shell = "/bin/sh";

    // A shell reads no further than the end of the line: what follows is the program's.
    private const string Begin = "read -r _ && exec \"$@\"";
    private const string Leash = "while read -r _; do :; done; kill -9 \"-$1\"";

    private readonly Process? _leash;

    private LeashedProcess(Process program, Process? leash) => (Program, _leash) = (program, leash);

    /// <summary>Its number is that of the group, too.</summary>
    public Process Program { get; }

    /// <param name="isWithheld">Environment variables that are none of the program's business.</param>
    /// <exception cref="Win32Exception">It is not there, or this machine cannot start processes.</exception>
    public static LeashedProcess Start(IReadOnlyList<string> command, Func<string, bool> isWithheld)
    {
        if (!File.Exists(SessionStarter)) return new(Launch(command, keeps: name => !isWithheld(name)), null);
        Process program = Launch([SessionStarter, Shell, "-c", Begin, command[0], Find(command[0]), .. command.Skip(1)], keeps: name => !isWithheld(name));
        try
        {
            LeashedProcess leashed = new(program, Launch([SessionStarter, Shell, "-c", Leash, "leash", $"{program.Id}"], keeps: _ => false));
            leashed.Release();
            return leashed;
        }
        catch (Win32Exception)
        {
            // Closing its input would end it as well.
            program.Kill();
            program.Dispose();
            throw;
        }
    }

    /// <summary>Ends the whole group, at once; one that has ended is fine.</summary>
    public void Kill()
    {
        try
        {
            // Too young to have a group of its own, it has no children either. Those of one that has ended are still its group.
            if (_leash is null) Program.Kill(entireProcessTree: true);
            else if (Signal(-Program.Id, SigKill) != 0 && !Program.HasExited) Program.Kill();
        }
        catch (Exception gone) when (gone is InvalidOperationException or AggregateException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        Kill();
        // Before its input closes: by then the number of the group may be somebody else's.
        _leash?.Kill();
        _leash?.Dispose();
        Program.Dispose();
    }

    private void Release()
    {
        try
        {
            Program.StandardInput.BaseStream.WriteByte((byte)'\n');
            Program.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It has ended, which whoever reads from it will find.
        }
    }

    private static Process Launch(IReadOnlyList<string> command, Func<string, bool> keeps)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string name in start.Environment.Keys.Where(name => !keeps(name)).ToArray()) start.Environment.Remove(name);
        return Process.Start(start) ?? throw new Win32Exception("no process was made");
    }

    /// <summary>Where the program is: what a shell cannot find would only be told on its error output.</summary>
    private static string Find(string program)
    {
        IEnumerable<string> places = program.Contains('/') ? [program] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program));
        return places.FirstOrDefault(IsProgram) ?? throw new Win32Exception("there is no such program that may be run");
    }

    private static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
