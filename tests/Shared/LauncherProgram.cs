using System.Diagnostics;

namespace SkyDriver.Testing;

/// <summary>A launcher of workers as a process, on a socket in a folder where a sidecar finds it.</summary>
internal sealed class LauncherProgram : IAsyncDisposable
{
    private readonly Process _process;

    /// <param name="program">File of the launcher.</param>
    /// <param name="workingFolder">Null for this process's own.</param>
    /// <param name="environment">Beside what it inherits; null takes a variable away.</param>
    public LauncherProgram(string program, string sockets, string? workingFolder = null, params IEnumerable<(string Name, string? Value)> environment)
    {
        ProcessStartInfo start = new("dotnet", [program]) { WorkingDirectory = workingFolder };
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = sockets;
        foreach ((string name, string? value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
    }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>As <c>kill -9</c>, for the launcher alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>As whoever ends it in order.</summary>
    /// <returns>The exit code after SIGTERM.</returns>
    /// <exception cref="TimeoutException">It went on.</exception>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            using Process kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]);
            await Until.EndsAsync(_process.WaitForExitAsync(), "the launcher ends as it was asked to");
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it with whatever it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
