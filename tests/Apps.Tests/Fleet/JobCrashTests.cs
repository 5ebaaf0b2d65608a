using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The orchestrator dies at every single step of a deployment and of a removal; nothing is submitted twice, nothing is left over.</summary>
public class JobCrashTests
{
    [Fact]
    public async Task Deployment_ProcessDiesAtAnyStep_NoWorkerTwiceAndNoOrphan()
    {
        int steps = await DeployAsync(null);
        Assert.InRange(steps, 6, 100);
        for (int step = 1; step <= steps; step++) await DeployAsync(step);
    }

    [Fact]
    public async Task Removal_ProcessDiesAtAnyStep_EndsWithNothingLeft()
    {
        int steps = await RemoveAsync(null);
        Assert.InRange(steps, 4, 100);
        for (int step = 1; step <= steps; step++) await RemoveAsync(step);
    }

    [Fact]
    public async Task Recycling_ProcessDiesAtAnyStep_TheWorkerIsInExactlyOneBatch()
    {
        int steps = await RecycleAsync(null);
        Assert.InRange(steps, 3, 100);
        for (int step = 1; step <= steps; step++) await RecycleAsync(step);
    }

    [Fact]
    public async Task Restart_WorkflowNobodyKnows_TheJobHasFailedAndSaysSo()
    {
        FleetWorld world = new();
        long id = (await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f")))).Value!.JobIds[0];
        world.Runner.Instances.Clear();
        world.Restart();
        await world.CycleAsync();
        JobV1 job = (await world.Fleet.GetJob(id)).Value!;
        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Contains("restart", job.Log);
    }

    private static async Task<int> DeployAsync(int? diesAt)
    {
        FleetWorld world = new();
        await world.Batch("b").PutRecruiter(new() { Batch = "b", Rank = 1, TasksPerWorker = 1, WorkerFlavor = "f", WorkerConcurrency = 1, WorkerProvider = "local", WorkerRegion = "here", MaximumWorkers = 3 });
        await world.Batch("b").SetExternalPending(new(100));
        int steps = await RunAsync(world, diesAt, cycles: 3);
        await world.CycleAsync(70);
        WorkerV1[] rows = [.. (await world.Fleet.ListWorkers(new())).Value!.Workers];
        Assert.Equal((diesAt, 3), (diesAt, rows.Length));
        Assert.Equal(3, world.Launcher.Deployed.Sum(d => d.Count));
        Assert.Equal(world.Launcher.Alive, rows.Select(w => w.LauncherId!).Order());
        Assert.Equal(3, (await world.Batch("b").GetWorkers([.. rows.Select(w => w.WorkerId)])).Count);
        Assert.Equal(["skydriver-node1", "skydriver-node2", "skydriver-node3"], rows.Select(w => w.Name).Order());
        Assert.Equal([JobStatus.Succeeded], (await world.Fleet.ListJobs(new())).Value!.Jobs.Select(j => j.Status));
        return steps;
    }

    private static async Task<int> RemoveAsync(int? diesAt)
    {
        FleetWorld world = new();
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        int before = world.Steps;
        int steps = await RunAsync(world, diesAt is { } at ? before + at : null, cycles: 2, () => world.Fleet.DeleteWorker(worker.WorkerId));
        // Whoever asked saw an error and asks again.
        if ((await world.Fleet.FindWorker(worker.WorkerId)).IsOk) await world.Fleet.DeleteWorker(worker.WorkerId);
        await world.CycleAsync(3);
        Assert.Empty(world.Launcher.Workers);
        Assert.Empty((await world.Fleet.ListWorkers(new())).Value!.Workers);
        Assert.Empty(await world.Batch("b").GetWorkers([worker.WorkerId]));
        return steps - before;
    }

    private static async Task<int> RecycleAsync(int? diesAt)
    {
        FleetWorld world = new();
        WorkerV1 worker = await world.WorkerAsync("w", "old", permanent: false, flavor: "f");
        await world.Batch("new").PutRecruiter(new() { Batch = "new", Rank = 1, TasksPerWorker = 1, WorkerFlavor = "f", WorkerConcurrency = 5, MaximumWorkers = 1 });
        await world.Batch("new").SetExternalPending(new(9));
        int before = world.Steps;
        int steps = await RunAsync(world, diesAt is { } at ? before + at : null, cycles: 1);
        await world.CycleAsync(3);
        Assert.Equal("new", (await world.Fleet.FindWorker(worker.WorkerId)).Value!.Batch);
        WorkerV1 row = Assert.Single(await world.Batch("new").GetWorkers([worker.WorkerId]));
        Assert.Equal((5, "w"), (row.Concurrency, row.Name));
        Assert.Empty(await world.Batch("old").GetWorkers([worker.WorkerId]));
        await world.BeatAsync(worker);
        Assert.Equal("running", (await world.Fleet.GetWorker(worker.WorkerId)).Value!.Status);
        return steps - before;
    }

    /// <returns>Steps made without a death.</returns>
    private static async Task<int> RunAsync(FleetWorld world, int? diesAt, int cycles, Func<Task>? first = null)
    {
        world.DiesAt = diesAt;
        try
        {
            if (first is not null) await first();
            await world.CycleAsync(cycles);
        }
        catch (ProcessDied)
        {
            Assert.NotNull(diesAt);
            world.Restart();
        }

        return world.Steps;
    }
}
