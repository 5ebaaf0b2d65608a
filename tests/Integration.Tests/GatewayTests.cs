using System.Text.Json;

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

    [Fact]
    public async Task Scan_ByAWorkerThatReachesNothingButTheService_HasTheSameBytes()
    {
        if (ClosedNetwork.Obstacle() is { } obstacle) Assert.Skip(obstacle);
        using TemporaryFolder folder = new();
        await using LocalService service = await LocalService.StartOnAsync(await WithoutWorkersAsync(folder["components"]), folder["data"]);
        int port = service.Http.BaseAddress!.Port;
        // Sidecars, the other services, and whatever else there is on this machine, a broker or a database.
        int[] others = [.. ProcessTable.ListeningPorts().Where(p => p != port)];
        Assert.True(others.Length >= 3, $"only {others.Length} ports");
        await using ClosedNetwork network = new(folder.Path, port);
        string scan = await service.RequestAsync(Nsides);
        using GatewayWorker worker = GatewayWorker.Start(service.Http.BaseAddress, scan, "inside", delay: "1ms", network.Within(others));
        await service.UntilCompleteAsync(scan);
        Assert.True(await worker.ExitAsync() == 0, worker.Output);
        Assert.Equal("open:", worker.Output.Split('\n')[0].TrimEnd());
        string reference = await service.RequestAsync(Nsides, label: "outside");
        using GatewayWorker ordinary = GatewayWorker.Start(service.Http.BaseAddress, reference, "outside", delay: "1ms");
        await service.UntilCompleteAsync(reference);
        Assert.Equal(await service.MapAsync(reference), await service.MapAsync(scan));
    }

    [Fact]
    public async Task Worker_ToldToEndWhileItHoldsPixels_GivesThemBackAndNothingIsLost()
    {
        using TemporaryFolder folder = new();
        // Leases outlast the test: what the others get was given back.
        await using LocalService service = await LocalService.StartOnAsync(await WithoutWorkersAsync(folder["components"]), folder["data"], ("SKYDRIVER_LEASE_TIME", "30m"));
        string scan = await service.RequestAsync(Nsides);
        using GatewayWorker leaving = GatewayWorker.Start(service.Http.BaseAddress!, scan, "leaving", delay: "10m", environment: ("SKYDRIVER_WORKER_SLOTS", "2"));
        await leaving.UntilWorkingAsync();
        ProcessTable.Terminate(leaving.Id);
        using CancellationTokenSource grace = new(TimeSpan.FromSeconds(30));
        Assert.True(await leaving.ExitAsync(grace.Token) == 0, leaving.Output);
        using GatewayWorker staying = GatewayWorker.Start(service.Http.BaseAddress!, scan, "staying", delay: "1ms");
        await service.UntilCompleteAsync(scan);
        JsonElement status = await service.StatusAsync(scan);
        Assert.Equal(0, status.GetProperty("set_aside").GetInt64());
        Assert.Equal("SCAN_HAS_FINAL_RESULT", status.GetProperty("scan_state").GetString());
        Assert.True(await staying.ExitAsync() == 0, staying.Output);
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
