using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Integration.Tests;

/// <summary>A worker of the fleet as a plain process, which knows nothing but the address of the REST service.</summary>
internal sealed partial class FleetWorker : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private FleetWorker(Process process)
    {
        _process = process;
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
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

    public static FleetWorker Start(Uri service, string name, string folder, params (string Name, string Value)[] environment)
    {
        string program = Path.Combine(TestPaths.Repository, "artifacts", "bin", "SkyDriver.Worker", "release", "skydriver-worker.dll");
        Assert.True(File.Exists(program), $"{program} is not built.");
        ProcessStartInfo start = new("dotnet", [program]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("DAPR_", StringComparison.Ordinal) || k is "APP_PORT" or "SIDECAR_HOST_SOCKET").ToArray())
            start.Environment.Remove(variable);
        start.Environment["SKYDRIVER_API"] = service.ToString();
        start.Environment["SKYDRIVER_WORKER_NAME"] = name;
        start.Environment["SKYDRIVER_WORK_FOLDER"] = folder;
        start.Environment["SKYDRIVER_LOG"] = "Debug";
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        return new(Process.Start(start)!);
    }

    public void TerminateNow() => Assert.Equal(0, Kill(_process.Id, Terminate));

    public Task UntilSaidAsync(string text) => ProcessTable.UntilAsync(() =>
    {
        Assert.False(_process.HasExited && !Output.Contains(text), Output);
        return Output.Contains(text);
    }, $"the worker says '{text}'");

    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource deadline = new(Patience);
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
