using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Integration.Tests;

/// <summary>The built <c>skydriver</c> command, run as a user runs it.</summary>
internal sealed partial class SkyDriverProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private const int Interrupt = 2, Terminate = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new(), _errors = new();
    private readonly List<(string Text, TaskCompletionSource<string> Found)> _awaited = [];

    private SkyDriverProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Note(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Note(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    public static SkyDriverProcess Start(params string[] arguments) => Start([], arguments);

    /// <param name="environment">Set for the process beside what it inherits.</param>
    public static SkyDriverProcess Start(IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments)
    {
        string program = TestPaths.Built("SkyDriver.Cli", "skydriver");
        // Whoever runs the tests in the background has them ignore SIGINT, and children inherit that; a user's terminal does not.
        ProcessStartInfo start = new("/usr/bin/env", ["--default-signal=INT", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = TestPaths.Repository,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using SkyDriverProcess process = Start(arguments);
        int exitCode = await process.ExitAsync();
        return (exitCode, process.Output, process.Errors);
    }

    /// <summary>The first line of either output that holds the text.</summary>
    public async Task<string> LineWithAsync(string text)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            foreach (string line in $"{_output}{_errors}".Split('\n'))
            {
                if (line.Contains(text)) return line;
            }

            _awaited.Add((text, found));
        }

        Task ended = _process.WaitForExitAsync();
        Task first = await Task.WhenAny(found.Task, ended, Task.Delay(Patience));
        return first == found.Task ? await found.Task : throw new TimeoutException($"No line with '{text}'. Output:\n{Output}\nErrors:\n{Errors}");
    }

    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource deadline = new(Patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Still running after {Patience}. Output:\n{Output}\nErrors:\n{Errors}");
        }

        return _process.ExitCode;
    }

    public void InterruptNow() => Assert.Equal(0, Kill(_process.Id, Interrupt));

    public void TerminateNow() => Assert.Equal(0, Kill(_process.Id, Terminate));

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Note(StringBuilder target, string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            target.Append(line).Append('\n');
            foreach ((string text, TaskCompletionSource<string> found) in _awaited.Where(a => line.Contains(a.Text))) found.TrySetResult(line);
        }
    }

    private string Text(StringBuilder text)
    {
        lock (_output) return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
