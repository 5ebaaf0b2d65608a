using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SkyDriver.Sidecar.Run;

/// <summary>An app's process: started, listened to, and ended with everything below it.</summary>
internal sealed partial class ChildApp : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private static readonly Lock Output = new();

    private readonly Process _process;

    private ChildApp(string appId, Process process) => (AppId, _process) = (appId, process);

    public string AppId { get; }

    /// <summary>Ends when the process does, with its exit code.</summary>
    public Task<int> Exited => WaitAsync();

    /// <param name="prefixOutput">Forward what it prints line by line with its id in front; else it prints for itself.</param>
    /// <exception cref="FormatException">The command cannot be started.</exception>
    public static ChildApp Start(string appId, IReadOnlyList<string> command, string folder, IEnumerable<KeyValuePair<string, string>> environment, bool prefixOutput)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1)) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = prefixOutput, RedirectStandardError = prefixOutput };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        try
        {
            Process process = Process.Start(start) ?? throw new Win32Exception("no process was made");
            ChildApp child = new(appId, process);
            if (prefixOutput)
            {
                process.OutputDataReceived += (_, line) => Forward(appId, line.Data);
                process.ErrorDataReceived += (_, line) => Forward(appId, line.Data);
                process.BeginOutputReadLine();
                process.BeginErrorReadLine();
            }

            return child;
        }
        catch (Win32Exception fault)
        {
            throw new FormatException($"run: {appId}: the command '{command[0]}' cannot be started: {fault.Message}");
        }
    }

    /// <summary>Asks the process to end; <see cref="DisposeAsync"/> waits and insists.</summary>
    public void AskToStop()
    {
        if (!_process.HasExited) _ = Kill(_process.Id, Terminate);
    }

    public async ValueTask DisposeAsync()
    {
        AskToStop();
        using CancellationTokenSource deadline = new(StopTimeout);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private static void Forward(string appId, string? line)
    {
        if (line is null) return;
        lock (Output) Console.Out.WriteLine($"{appId} | {line}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
