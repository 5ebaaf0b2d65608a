namespace SkyDriver.Integration.Tests;

/// <summary>A service whose launcher starts processes that only sleep: whatever is found is found by the workers that a test starts.</summary>
public sealed class WorkerlessService : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal LocalService Service { get; private set; } = null!;

    // Leases outlast every test: what another worker gets was given back.
    public async ValueTask InitializeAsync() =>
        Service = await LocalService.StartOnAsync(await WriteComponentsAsync(_folder["components"]), _folder["data"], ("SKYDRIVER_LEASE_TIME", "30m"));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The local components with such a launcher.</summary>
    internal static async Task<string> WriteComponentsAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        int replaced = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, "components", "local")))
        {
            string[] lines = await File.ReadAllLinesAsync(file);
            for (int i = 0; i < lines.Length; i++)
            {
                if (!lines[i].Contains("skydriver-worker.dll")) continue;
                lines[i] = lines[i][..lines[i].IndexOf('\'')] + "'[\"sleep\", \"3600\"]'";
                replaced++;
            }

            await File.WriteAllLinesAsync(Path.Combine(folder, Path.GetFileName(file)), lines);
        }

        Assert.Equal(1, replaced);
        return folder;
    }
}
