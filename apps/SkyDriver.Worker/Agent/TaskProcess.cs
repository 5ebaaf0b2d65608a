using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Worker.Agent;

/// <summary>What is to be run.</summary>
/// <param name="Arguments">The program and its arguments, as they are: no shell reads them.</param>
/// <param name="Environment">Beside what the worker's own environment has, without its secrets.</param>
/// <param name="Container">The container that the command runs in, for one whose processes are not this command's children.</param>
internal sealed record Launch(IReadOnlyList<string> Arguments, string Folder, IReadOnlyDictionary<string, string> Environment, ContainerHandle? Container = null);

/// <param name="Engine">Program that knows the container by <paramref name="Name"/>.</param>
internal sealed record ContainerHandle(string Engine, string Name);

/// <summary>A command with all its children: a session and process group of its own, on a leash.</summary>
/// <remarks>
/// The leash is a small process outside of the group that holds the other end of a pipe. When this worker dies, by whatever signal, the
/// pipe closes and the leash kills the group: nobody else could, and the same task is done by another worker by then.
/// </remarks>
internal sealed partial class TaskProcess : IDisposable
{
    private const int Kill = 9, Terminate = 15, Continue = 18, StopNow = 19, Quit = 3;

    // Takes the engine and the name of a container, both empty for none, then the command. The leash is started twice removed, so that
    // the command has no child that it does not know of, and it keeps no stream open whose end others wait for. A worker that was started in
    // the background of a script ignores SIGINT and SIGQUIT, and so would all that it starts: no shell can undo that, env can.
    private const string Leash = """
        group=$$ engine=$1 name=$2; shift 2
        exec 3<&0
        ( setsid sh -c '
            while read -r _; do :; done
            kill -9 "-$1"
            [ -n "$2" ] && "$2" rm -f "$3"
            exit 0' leash "$group" "$engine" "$name" <&3 3<&- >/dev/null 2>&1 & )
        env --default-signal true 2>/dev/null && set -- env --default-signal "$@"
        exec "$@" </dev/null 3<&-
        """;

    private readonly Process _process;

    private TaskProcess(Process process) => _process = process;

    /// <summary>Number of the process, of its group and of its session.</summary>
    public int Id => _process.Id;

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Errors => _process.StandardError.BaseStream;

    /// <exception cref="Win32Exception">This machine cannot start processes.</exception>
    public static TaskProcess Start(Launch launch)
    {
        ProcessStartInfo start = new("setsid", ["/bin/sh", "-c", Leash, "command", launch.Container?.Engine ?? "", launch.Container?.Name ?? "", .. launch.Arguments])
        {
            WorkingDirectory = launch.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string secret in start.Environment.Keys.Where(IsSecret).ToArray()) start.Environment.Remove(secret);
        foreach ((string name, string value) in launch.Environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Sends a signal of <see cref="FleetSignal"/> to the whole group.</summary>
    public void Send(int signal)
    {
        switch (signal)
        {
            case FleetSignal.Pause:
                // A terminal's stop is not heard by a session that has no terminal.
                ToGroup(StopNow);
                break;
            case FleetSignal.Resume:
                ToGroup(Continue);
                break;
            case FleetSignal.Kill:
                ToGroup(Kill);
                break;
            default:
                ToGroup(signal is FleetSignal.Quit ? Quit : Terminate);
                // One that is stopped hears it when it goes on.
                ToGroup(Continue);
                break;
        }
    }

    /// <returns>Its exit code; 128 and the number of the signal that ended it.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Ends whatever is left of the group.</summary>
    public void Dispose()
    {
        if (!_process.HasExited) ToGroup(Kill);
        // The leash does the rest.
        _process.StandardInput.Close();
        _process.Dispose();
    }

    private void ToGroup(int signal)
    {
        // Too young to have a group of its own.
        if (Signal(-_process.Id, signal) != 0 && !_process.HasExited) _ = Signal(_process.Id, signal);
    }

    private static bool IsSecret(string name) => name is Contracts.WorkerEnvironment.Token || name.StartsWith("AWS_", StringComparison.Ordinal) || name.StartsWith("DAPR_", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
