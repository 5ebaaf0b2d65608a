using System.Diagnostics;
using SkyDriver.Testing.Loopback;

namespace SkyDriver.Integration.Tests;

/// <summary>Commands run as processes against a service double, with credentials of their own.</summary>
public abstract class ServiceDoubleTests : IAsyncLifetime
{
    private LoopbackService _service = null!;

    internal LoopbackService Service => _service;

    internal TemporaryFolder Folder { get; } = new();

    public async ValueTask InitializeAsync() => _service = await LoopbackService.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal SkyDriverProcess Start(params string[] arguments) => SkyDriverProcess.Start(
        [new("SKYDRIVER_SERVER", Service.Address.ToString()), new("SKYDRIVER_CREDENTIALS", Folder["credentials.json"]), new("SKYDRIVER_TOKEN", "")], arguments);

    protected async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using SkyDriverProcess process = Start(arguments);
        int exitCode = await process.ExitAsync();
        return (exitCode, process.Output, process.Errors);
    }

    protected static Task<(int ExitCode, string Output, string Errors)> RunInBashAsync(string script) => RunInShellAsync("bash", script);

    /// <summary>Runs the script with the built command in the shell's path.</summary>
    protected static async Task<(int ExitCode, string Output, string Errors)> RunInShellAsync(string shell, string script)
    {
        ProcessStartInfo start = new(shell, ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = TestPaths.Repository };
        start.Environment["PATH"] = $"{Path.Combine(TestPaths.Repository, "artifacts", "bin", "SkyDriver.Cli", "release")}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start)!;
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token), errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
