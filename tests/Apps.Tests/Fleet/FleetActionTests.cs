using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>What operators do to workers and jobs half-way.</summary>
public sealed class FleetActionTests
{
    private readonly FleetWorld world = new();

    [Fact]
    public async Task Evicted_Delete_TakesTheWorkerAwayAndOrdersNoOther()
    {
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f", "local", "here")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        FleetTaskV1 task = await world.TaskAsync("b");
        long execution = Assert.Single((await world.BeatAsync(worker)).Assignments).ExecutionId;
        await world.ReportAsync("b", execution, "running");
        FleetAnswer<WorkerV1> evicted = await world.Fleet.UpdateWorker(new(new(worker.WorkerId, new() { Status = "evicted", EvictionAction = "delete" })));
        Assert.True(evicted.IsOk, evicted.Message);
        Assert.Equal(FleetTaskStatus.Pending, (await world.Batch("b").GetTask(task.TaskId)).Value!.Status);
        await world.CycleAsync(3);
        Assert.Empty((await world.Fleet.ListWorkers(new())).Value!.Workers);
        Assert.Empty(world.Launcher.Alive);
        Assert.Single(world.Launcher.Deployed);
    }

    [Fact]
    public async Task DeleteJob_RunningDeployment_EndsItAndItsWorkersAreNotForgotten()
    {
        world.Launcher.Room = 1;
        long job = (await world.Fleet.DeployWorkers(new(new(3, "b", 1, "f", "local", "here")))).Value!.JobIds.Single();
        await world.CycleAsync(2);
        Assert.Equal(JobStatus.Running, (await world.Fleet.GetJob(job)).Value!.Status);
        FleetAnswer<JobV1> deleted = await world.Fleet.DeleteJob(job);
        Assert.True(deleted.IsOk, deleted.Message);
        Assert.Equal(404, (await world.Fleet.GetJob(job)).Status);
        world.Launcher.Room = int.MaxValue;
        await world.CycleAsync(30);
        // The one that was there stays, and nobody orders the two that were missing.
        Assert.Single(world.Launcher.Deployed);
        Assert.Equal(world.Launcher.Alive, (await world.Fleet.ListWorkers(new())).Value!.Workers.Select(w => w.LauncherId));
    }

    [Fact]
    public async Task DeleteJob_RunningRemoval_IsRefused()
    {
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f", "local", "here")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        await world.Fleet.DeleteWorker(worker.WorkerId);
        JobV1 job = (await world.Fleet.ListJobs(new())).Value!.Jobs[0];
        Assert.Equal((JobAction.Destroy, JobStatus.Running), (job.Action, job.Status));
        Assert.Equal(409, (await world.Fleet.DeleteJob(job.JobId)).Status);
    }
}
