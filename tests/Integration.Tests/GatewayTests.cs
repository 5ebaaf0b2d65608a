using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>Workers that know nothing but the address of the REST service, and beside them those that have a sidecar: how they come, work and go.</summary>
[Collection(nameof(ReferenceScan))]
public sealed class GatewayTests(ReferenceScan reference, WorkerlessService workerless) : IClassFixture<WorkerlessService>
{
    private const string Nsides = ReferenceScan.Nsides;

    private LocalService Service => workerless.Service;

    [Fact]
    public async Task Scan_ByFetchingWorkersOfWhichOneIsKilled_HasTheSameBytesAsByOrdinaryOnes()
    {
        string expected = await reference.MapAsync();
        using TemporaryFolder data = new();
        await using LocalService service = await LocalService.StartOnAsync(await WorkerlessService.WriteComponentsAsync(data["components"]), data["data"], ("SKYDRIVER_LEASE_TIME", "5s"));
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
        string expected = await reference.MapAsync();
        using TemporaryFolder folder = new();
        int port = Service.Http.BaseAddress!.Port;
        // Sidecars, the other services, and whatever else there is on this machine, a broker or a database.
        int[] others = [.. ProcessTable.ListeningPorts().Where(p => p != port)];
        Assert.True(others.Length >= 3, $"only {others.Length} ports");
        await using ClosedNetwork network = new(folder.Path, port);
        string scan = await Service.RequestAsync(Nsides, label: "inside");
        using GatewayWorker worker = GatewayWorker.Start(Service.Http.BaseAddress, scan, "inside", delay: "1ms", network.Within(others));
        await Service.UntilCompleteAsync(scan);
        Assert.True(await worker.ExitAsync() == 0, worker.Output);
        Assert.Equal("open:", worker.Output.Split('\n')[0].TrimEnd());
        Assert.Equal(expected, await Service.MapAsync(scan));
    }

    // No other worker is there: one that is quicker would leave the second scan to nobody.
    [Fact]
    public async Task Scans_OneAfterTheOther_AreServedByTheSameWorkerProcess()
    {
        using TemporaryFolder folder = new();
        using FleetHttp fleet = new(Service.Http.BaseAddress!);
        string first = await Service.RequestAsync("2:0", label: "both 1");
        using FleetWorker worker = FleetWorker.Start(Service.Http.BaseAddress!, "both", folder["work"], ("SKYDRIVER_BATCH", first), ("SKYDRIVER_WORK", "gateway"));
        await worker.UntilSaidAsync($"of scan {first} has event");
        await worker.UntilSaidAsync($"scan {first} is over");
        string second = await Service.RequestAsync("2:0", label: "both 2");
        long row = (await fleet.WorkerAsync("both")).GetProperty("worker_id").GetInt64();
        await fleet.SendAsync(HttpMethod.Put, $"workers/{row}", new { batch = second });
        await worker.UntilSaidAsync($"of scan {second} has event");
        await Service.UntilCompleteAsync(second);
        worker.TerminateNow();
        Assert.True(await worker.ExitAsync() == 0, worker.Output);
    }

    [Fact]
    public async Task Worker_ToldToEndWhileItHoldsPixels_GivesThemBackAndNothingIsLost()
    {
        string scan = await Service.RequestAsync(Nsides, label: "leaving");
        using GatewayWorker leaving = GatewayWorker.Start(Service.Http.BaseAddress!, scan, "leaving", delay: "10m", environment: ("SKYDRIVER_WORKER_SLOTS", "2"));
        await leaving.UntilWorkingAsync();
        ProcessTable.Terminate(leaving.Id);
        await EndsWellAsync(leaving);
        using GatewayWorker staying = GatewayWorker.Start(Service.Http.BaseAddress!, scan, "staying", delay: "1ms");
        await AssertNothingIsLostAsync(scan);
        Assert.True(await staying.ExitAsync() == 0, staying.Output);
    }

    [Theory]
    [InlineData(true)]      // as a kubelet ends each container of a pod
    [InlineData(false)]     // as a launcher ends the process that it started
    public async Task WorkerWithASidecar_ToldToEndWhileItHoldsPixels_GivesThemBackAndNothingIsLost(bool alone)
    {
        using TemporaryFolder folder = new();
        string scan = await Service.RequestAsync(Nsides, label: $"delivered {alone}"), which = alone ? "alone" : "whole";
        // By its name the fleet would know a worker again, and leave it where it was.
        using SidecarWorker leaving = SidecarWorker.Start(Service, scan, $"leaving-{which}", folder["leaving"], delay: "10m");
        await leaving.UntilWorkingAsync();
        ProcessTable.Terminate(alone ? leaving.WorkerId : leaving.Id);
        await EndsWellAsync(leaving);
        Assert.Contains(" given back: ", leaving.Output);

        // What the other one gets was given back: the scan itself would send it again only after ten minutes.
        using SidecarWorker staying = SidecarWorker.Start(Service, scan, $"staying-{which}", folder["staying"], delay: "1ms");
        await AssertNothingIsLostAsync(scan);
        staying.TerminateNow();
        await EndsWellAsync(staying);
    }

    /// <summary>Within the time that schedulers grant.</summary>
    private static async Task EndsWellAsync(WorkerProgram worker)
    {
        using CancellationTokenSource grace = new(TimeSpan.FromSeconds(30));
        Assert.True(await worker.ExitAsync(grace.Token) == 0, worker.Output);
    }

    private async Task AssertNothingIsLostAsync(string scan)
    {
        await Service.UntilCompleteAsync(scan);
        JsonElement status = await Service.StatusAsync(scan);
        Assert.Equal(("SCAN_HAS_FINAL_RESULT", 0), (status.GetProperty("scan_state").GetString(), status.GetProperty("set_aside").GetInt64()));
        Assert.Equal(await reference.MapAsync(), await Service.MapAsync(scan));
    }
}
