using System.Diagnostics;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>A RabbitMQ server of a test's own, which it may kill.</summary>
internal sealed class OwnRabbitServer : IAsyncDisposable
{
    private readonly string _script;
    private readonly string _folder;

    private OwnRabbitServer(string script, string folder) => (_script, _folder) = (script, folder);

    public required Uri Address { get; init; }

    public static async Task<OwnRabbitServer> StartAsync()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CONFORMANCE_RABBITMQ")), "No RabbitMQ server: CONFORMANCE_RABBITMQ, which tests/servers sets, says whether there are any here.");
        // Below the system's own folder, as the server runs as a user of its own.
        string script = Path.Combine(TestPaths.Repository, "tests", "servers"), folder = Directory.CreateTempSubdirectory("own-rabbit-").FullName;
        string told = await RunAsync(script, "start", folder, "rabbitmq");
        string address = told[(told.IndexOf('\'', StringComparison.Ordinal) + 1)..told.LastIndexOf('\'')];
        return new(script, folder) { Address = new Uri(address) };
    }

    /// <summary>kill -9, and a start over what is left; ends when the server accepts connections again.</summary>
    public Task KillAndRestartAsync() => RunAsync(_script, "restart-rabbitmq", _folder, "immediate");

    public async ValueTask DisposeAsync() => await RunAsync(_script, "stop", _folder);

    private static async Task<string> RunAsync(string script, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> told = process.StandardOutput.ReadToEndAsync(), faults = process.StandardError.ReadToEndAsync();
        // The script has its own, shorter patience.
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(4));
        Assert.True(process.ExitCode == 0, $"tests/servers {string.Join(' ', arguments)}: {await faults}");
        return await told;
    }
}
