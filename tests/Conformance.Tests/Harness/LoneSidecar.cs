using System.Diagnostics;
using System.Globalization;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests;

/// <summary>The embedded sidecar as a process of its own, with one app; it may be killed and started again on the same ports.</summary>
internal sealed class LoneSidecar(string folder, int appPort) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly int _http = FreePort.Take();
    private readonly int _grpc = FreePort.Take();
    private Process? _process;

    public string Http => Loopback.Url(_http);

    public string Grpc => Loopback.Url(_grpc);

    public void Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "skydriver-sidecar.dll");
        ProcessStartInfo start = new("dotnet", [program, "--app-id", "restarted", "--app-port", Text(appPort), "--dapr-http-port", Text(_http), "--dapr-grpc-port", Text(_grpc), "--resources-path", folder])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("SIDECAR_HOST_SOCKET");
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = folder;
        _process = Process.Start(start)!;
        // Nobody reads its log; a full pipe would stop it.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>As <c>kill -9</c>; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        using CancellationTokenSource deadline = new(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
