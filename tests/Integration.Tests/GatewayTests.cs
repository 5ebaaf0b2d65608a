namespace SkyDriver.Integration.Tests;

/// <summary>Workers that know nothing but the address of the REST service.</summary>
public sealed class GatewayTests
{
    private const string Nsides = "2:0 4:12";

    [Fact]
    public async Task Scan_ByFetchingWorkersOfWhichOneIsKilled_HasTheSameBytesAsByOrdinaryOnes()
    {
        using TemporaryFolder data = new(), other = new();
        string expected;
        await using (LocalService ordinary = await LocalService.StartAsync(other.Path))
        {
            string reference = await ordinary.RequestAsync(Nsides);
            await ordinary.UntilCompleteAsync(reference);
            expected = await ordinary.MapAsync(reference);
        }

        await using LocalService service = await LocalService.StartOnAsync(await WithoutWorkersAsync(data["components"]), data["data"], ("SKYDRIVER_LEASE_TIME", "5s"));
        string scan = await service.RequestAsync(Nsides);
        using GatewayWorker victim = GatewayWorker.Start(service.Http.BaseAddress!, scan, "victim", delay: "10m");
        await victim.UntilWorkingAsync();
        using GatewayWorker survivor = GatewayWorker.Start(service.Http.BaseAddress!, scan, "survivor", delay: "20ms");
        await survivor.UntilWorkingAsync();
        // No sidecar, no broker: the service is all that it talks to.
        Assert.Equal([service.Http.BaseAddress!.Port], ProcessTable.PeerPorts(survivor.Id));
        ProcessTable.Kill(victim.Id);
        await service.UntilCompleteAsync(scan);
        Assert.Equal(expected, await service.MapAsync(scan));
        Assert.True(await survivor.ExitAsync() == 0, survivor.Output);
        Assert.Contains("is over; this worker ends", survivor.Output);
    }

    /// <summary>The local components with a launcher whose workers only sleep: whatever is found comes by the gateway.</summary>
    internal static async Task<string> WithoutWorkersAsync(string folder)
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
