namespace SkyDriver.Integration.Tests;

/// <summary>A scan through a RabbitMQ server and a PostgreSQL database.</summary>
public sealed class RealServersTests
{
    [Fact]
    public async Task Scan_OnRabbitMqAndPostgreSql_SameBytesAsOnThisMachineAlone()
    {
        string? broker = Environment.GetEnvironmentVariable("CONFORMANCE_RABBITMQ"), database = Environment.GetEnvironmentVariable("CONFORMANCE_POSTGRESQL");
        Assert.SkipWhen(string.IsNullOrEmpty(broker) || string.IsNullOrEmpty(database), "CONFORMANCE_RABBITMQ or CONFORMANCE_POSTGRESQL is not set; tests/servers start DIR starts both and prints them");
        using TemporaryFolder local = new(), servers = new();
        string[] scan = ["scan", Path.Combine(TestPaths.Repository, "examples", "track.json"), "--reco-algo", "dummy", "--nsides", "1:0", "2:12", "4:12", "--workers", "2", "--json"];
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync([.. scan, "--out", local.Path]);
        Assert.True(exitCode == 0, errors);
        string components = Path.Combine(TestPaths.Repository, "components", "local-rabbitmq-postgres");
        using SkyDriverProcess process = SkyDriverProcess.Start(
            [new("SKYDRIVER_RABBITMQ", broker!), new("SKYDRIVER_POSTGRESQL", database!)], [.. scan, "--out", servers.Path, "--components", components]);
        // Within the patience of ExitAsync, which is far below the ten minutes after which lost pixels come again.
        Assert.True(await process.ExitAsync() == 0, process.Errors);
        string name = Path.GetFileName(Assert.Single(Directory.GetFiles(local.Path, "*.npz")));
        Assert.Equal(await File.ReadAllBytesAsync(local[name]), await File.ReadAllBytesAsync(servers[name]));
    }
}
