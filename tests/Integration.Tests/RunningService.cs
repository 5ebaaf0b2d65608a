using System.Diagnostics;

namespace SkyDriver.Integration.Tests;

/// <summary>One <c>skydriver up</c> for the tests that need a service to talk to.</summary>
public sealed class RunningService : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private LocalService _service = null!;

    public string Address { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _service = await LocalService.StartAsync(_data.Path);
        Address = _service.Http.BaseAddress!.ToString().TrimEnd('/');
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>Runs the command against this service.</summary>
    internal async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using SkyDriverProcess process = SkyDriverProcess.Start([new("SKYDRIVER_SERVER", Address), new("SKYDRIVER_TOKEN", "")], arguments);
        return (await process.ExitAsync(), process.Output, process.Errors);
    }

    /// <summary>Runs another program against this service, in the repository's folder.</summary>
    /// <param name="environment">Set beside what it inherits.</param>
    internal async Task<(int ExitCode, string Output, string Errors)> RunProgramAsync(string program, IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = TestPaths.Repository, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SKYDRIVER_SERVER"] = Address;
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(3));
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token), errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}

[CollectionDefinition(nameof(RunningService))]
public sealed class RunningServiceCollection : ICollectionFixture<RunningService>;
