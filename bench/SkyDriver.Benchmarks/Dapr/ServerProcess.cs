using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SkyDriver.Benchmarks.Dapr;

/// <summary>A server in a process of its own: the sidecar, or the echo.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>From the start of the process to its first answer.</summary>
    public TimeSpan Startup { get; private set; }

    /// <summary>Bytes in memory now.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="program">An executable beside this one.</param>
    /// <param name="health">Polled until it answers with success.</param>
    public static async Task<ServerProcess> StartAsync(string program, string folder, Uri health, params string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, program), arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = folder;
        foreach (string name in (string[])["SIDECAR_HOST_SOCKET", "DAPR_API_TOKEN", "APP_API_TOKEN"]) start.Environment.Remove(name);
        long began = Stopwatch.GetTimestamp();
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        ServerProcess server = new(process);
        try
        {
            await server.WaitAsync(health, began);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit(Patience);
        _process.Dispose();
    }

    private async Task WaitAsync(Uri health, long began)
    {
        using HttpClient http = new();
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(1));
        while (!await AnswersAsync(http, health))
        {
            if (_process.HasExited) throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode} before it served.");
            if (Stopwatch.GetElapsedTime(began) > Patience) throw new TimeoutException($"{_process.StartInfo.FileName} does not serve {health}.");
            await look.WaitForNextTickAsync();
        }

        Startup = Stopwatch.GetElapsedTime(began);
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri health)
    {
        try
        {
            return (await http.GetAsync(health)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
