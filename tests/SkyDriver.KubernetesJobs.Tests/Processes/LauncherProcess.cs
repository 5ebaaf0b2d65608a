using System.Diagnostics;
using SkyDriver.Components.Tests.Embedded;

namespace SkyDriver.KubernetesJobs.Tests.Processes;

/// <summary>The launcher as a process, on a socket where a sidecar finds it.</summary>
internal sealed class LauncherProcess : IAsyncDisposable
{
    private readonly Process _process;

    private LauncherProcess(Process process) => _process = process;

    public static LauncherProcess Start(EmbeddedSidecar sidecar)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "skydriver-kubernetes-jobs.dll")]) { UseShellExecute = false };
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = sidecar.Sockets;
        return new(Process.Start(start)!);
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <returns>The exit code after SIGTERM.</returns>
    public async Task<int> StopAsync()
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }
}
