using System.Diagnostics;
using System.Text;

namespace SkyDriver.Integration.Tests;

/// <summary>A worker as a plain process, with nothing in its environment that leads to a sidecar or a broker.</summary>
internal sealed class GatewayWorker : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private GatewayWorker(Process process)
    {
        _process = process;
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <param name="delay">How long each reconstruction takes.</param>
    /// <param name="within">Program and arguments that run the worker, which follows.</param>
    /// <param name="environment">Beside its own.</param>
    public static GatewayWorker Start(Uri service, string scan, string name, string delay, string[]? within = null, params (string Name, string Value)[] environment)
    {
        string program = Path.Combine(TestPaths.Repository, "artifacts", "bin", "SkyDriver.Worker", "release", "skydriver-worker.dll");
        Assert.True(File.Exists(program), $"{program} is not built.");
        ProcessStartInfo start = new(within?[0] ?? "dotnet", within is null ? [program] : [.. within[1..], "dotnet", program]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("DAPR_", StringComparison.Ordinal) || k is "APP_PORT" or "SIDECAR_HOST_SOCKET").ToArray())
            start.Environment.Remove(variable);
        start.Environment["SKYDRIVER_WORK"] = "gateway";
        start.Environment["SKYDRIVER_API"] = service.ToString();
        start.Environment["SKYDRIVER_SCAN_ID"] = scan;
        start.Environment["SKYDRIVER_WORKER_ID"] = name;
        start.Environment["SKYDRIVER_DUMMY_DELAY"] = delay;
        start.Environment["SKYDRIVER_LOG"] = "Debug";
        foreach ((string variable, string value) in environment) start.Environment[variable] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Waits until it holds a batch.</summary>
    public async Task UntilWorkingAsync()
    {
        await ProcessTable.UntilAsync(() => _process.HasExited || Output.Contains(" taken: "), "the worker has a batch");
        Assert.False(_process.HasExited, Output);
    }

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
}
