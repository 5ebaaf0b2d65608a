using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SkyDriver.Sidecar.Tests.Run;

/// <summary>The built sidecar, as a process of its own.</summary>
internal sealed partial class SidecarProcess : IDisposable
{
    private const int Terminate = 15;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private SidecarProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public Task<string> Errors => _errors;

    public static SidecarProcess Start(string folder, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "skydriver-sidecar.dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("SIDECAR_HOST_SOCKET");
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = folder;
        return new(Process.Start(start)!);
    }

    public async Task<string> LineWithAsync(string text)
    {
        while (await Until.EndsAsync(_process.StandardOutput.ReadLineAsync(), $"a line of the sidecar with '{text}'") is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }

        throw new InvalidOperationException($"The sidecar ended without printing '{text}': {await Errors}");
    }

    public async Task<int> ExitAsync()
    {
        await Until.EndsAsync(_process.WaitForExitAsync(), "the sidecar's end");
        return _process.ExitCode;
    }

    public void KillAtOnce() => _process.Kill();

    public void AskToStop() => _ = Kill(_process.Id, Terminate);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    public static Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Until.HoldsAsync(condition, what);

    public static async Task<bool> IsHealthyAsync(HttpClient http)
    {
        try
        {
            return (await http.GetAsync("/v1.0/healthz")).StatusCode is HttpStatusCode.NoContent;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public static bool IsAlive(int process) => Kill(process, 0) == 0 && !File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat").Contains(") Z ", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
