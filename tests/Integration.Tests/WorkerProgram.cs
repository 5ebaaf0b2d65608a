using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Integration.Tests;

/// <summary>The worker as a plain process, with nothing in its environment that leads to a sidecar or a broker.</summary>
internal abstract partial class WorkerProgram : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="service">The REST service, all that it knows of.</param>
    /// <param name="environment">Beside what it inherits.</param>
    /// <param name="within">Program and arguments that run the worker, which follows.</param>
    protected WorkerProgram(Uri service, IEnumerable<(string Name, string Value)> environment, string[]? within = null)
    {
        string program = TestPaths.Built("SkyDriver.Worker", "skydriver-worker.dll");
        ProcessStartInfo start = new(within?[0] ?? "dotnet", within is null ? [program] : [.. within[1..], "dotnet", program]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("DAPR_", StringComparison.Ordinal) || k is "APP_PORT" or "SIDECAR_HOST_SOCKET").ToArray())
            start.Environment.Remove(variable);
        start.Environment["SKYDRIVER_API"] = service.ToString();
        start.Environment["SKYDRIVER_LOG"] = "Debug";
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public void TerminateNow() => Assert.Equal(0, Kill(_process.Id, Terminate));

    public async Task UntilSaidAsync(string text)
    {
        try
        {
            await Until.HoldsAsync(() => Output.Contains(text) || _process.HasExited, $"the worker says '{text}'");
        }
        catch (TimeoutException never)
        {
            throw new TimeoutException($"{never.Message}; it says:{Environment.NewLine}{Output}", never);
        }

        Assert.True(Output.Contains(text), Output);
    }

    /// <summary>Waits until it holds a batch.</summary>
    public Task UntilWorkingAsync() => UntilSaidAsync(" taken: ");

    /// <param name="limit">Instead of the usual patience.</param>
    public async Task<int> ExitAsync(CancellationToken limit = default)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(limit);
        deadline.CancelAfter(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
