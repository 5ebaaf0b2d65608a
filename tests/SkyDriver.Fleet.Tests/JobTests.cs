using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>Jobs, and the registry that keeps them.</summary>
public class JobTests
{
    private static readonly DateTimeOffset Now = Turns.Start;
    private readonly FleetState fleet = new("sky");

    private static JobArgsV1 Args(int number) => new("b", "local", "r", "f", number);

    [Fact]
    public void Deployment_Reported_ProgressesAndSucceeds()
    {
        JobRow job = JobRules.Start(fleet.OrderDeployment(Args(4), null, Now), Now);
        Assert.Equal(["sky-node1", "sky-node2", "sky-node3", "sky-node4"], job.Job.Args.Names);
        Assert.Equal(("sky-node1", JobAction.Create, 4), (job.Job.Target, job.Job.Action, job.Missing));
        job = JobRules.Report(job, new(1, 1, JobStatus.Running, Workers: ["a", "b"], Denied: "quota"), Now);
        job = JobRules.Report(job, new(1, 1, JobStatus.Running, Workers: ["a", "b"]), Now);
        Assert.Equal((50, JobAction.Deploy, 2), (job.Job.Progression, job.Job.Action, job.Missing));
        Assert.Contains("no room: quota", job.Job.Log);
        Assert.Same(job, JobRules.Report(job, new(1, 7, JobStatus.Failed), Now));
        job = JobRules.Report(job, new(1, 1, JobStatus.Succeeded, Workers: ["c", "d"]), Now);
        Assert.Equal((100, JobStatus.Succeeded, 0), (job.Job.Progression, job.Job.Status, job.Missing));
        Assert.Same(job, JobRules.Report(job, new(1, 1, JobStatus.Failed), Now));
    }

    [Fact]
    public void Failure_IsTriedTwiceMore_UnlessThatCannotHelp()
    {
        JobRow job = fleet.OrderDeployment(Args(1), null, Now);
        foreach (int retry in new[] { 1, 2 })
        {
            job = JobRules.Report(JobRules.Start(job, Now), new(1, retry, JobStatus.Failed, "away"), Now);
            Assert.Equal((JobStatus.Pending, retry, 1), (job.Job.Status, job.Job.Retry, job.Generation));
        }

        job = JobRules.Report(JobRules.Start(job, Now), new(1, 3, JobStatus.Failed), Now);
        Assert.Equal(JobStatus.Failed, job.Job.Status);
        job = JobRules.Restart(job with { Launched = ["a"] }, Now);
        Assert.Equal((JobStatus.Pending, 0, "", 2, 3), (job.Job.Status, job.Job.Retry, job.Job.Log, job.Generation, job.Attempt));
        job = JobRules.Report(JobRules.Start(job, Now), new(1, 4, JobStatus.Failed, "no such flavor", IsFinal: true), Now);
        Assert.Equal((JobStatus.Failed, 0), (job.Job.Status, job.Job.Retry));
    }

    [Fact]
    public void Overdue_AfterItsLifeAndTheGrace()
    {
        JobRow job = JobRules.Start(fleet.OrderDeployment(Args(1), null, Now), Now);
        Assert.False(JobRules.IsOverdue(job, Now.AddSeconds(620)));
        Assert.True(JobRules.IsOverdue(job, Now.AddSeconds(621)));
    }

    [Fact]
    public void Removal_OfTheSameWorkerTwice_FailsAsDuplicate()
    {
        WorkerEntry worker = fleet.Add(id => new(id, "sky-node1", null, "b", false, "f", "local", "r", "l1", null, Now, new Dictionary<string, CarriedWeight>()));
        JobRow first = fleet.OrderRemoval([worker], Now), second = fleet.OrderRemoval([worker], Now);
        Assert.Equal((JobStatus.Pending, JobStatus.Failed), (first.Job.Status, second.Job.Status));
        Assert.True(fleet.IsLeaving(worker.Id));
        fleet.Put(JobRules.Report(JobRules.Start(first, Now), new(first.Job.JobId, 1, JobStatus.Succeeded), Now));
        Assert.False(fleet.IsLeaving(worker.Id));
        Assert.Equal(["l1"], first.Job.Args.LauncherIds);
    }

    [Fact]
    public void Names_OfFailedOrders_AreFreeAgain()
    {
        JobRow job = fleet.OrderDeployment(Args(3), null, Now);
        string name = fleet.NameFor(job);
        fleet.Add(id => new(id, name, null, "b", false, "f", "local", "r", "l1", 1, Now, new Dictionary<string, CarriedWeight>()));
        Assert.Equal(("sky-node1", "sky-node2"), (name, fleet.NameFor(job)));
        fleet.Put(JobRules.Fail(job, isFinal: true, Now));
        Assert.Equal(["sky-node2", "sky-node3", "sky-node4"], fleet.OrderDeployment(Args(3), null, Now).Job.Args.Names);
    }

    [Fact]
    public void State_SavedAndLoaded_IsTheSame()
    {
        for (int i = 0; i < 150; i++) fleet.Add(id => new(id, $"w{id}", "h", "b", false, "f", "local", "r", $"l{id}", 1, Now, new Dictionary<string, CarriedWeight> { ["o"] = new(0.5, 2) }));
        fleet.OrderDeployment(Args(2), "v3", Now);
        fleet.OrderRemoval([fleet.Workers[7]], Now);
        fleet.Remove(8);
        Assert.Equal([0L, 1], fleet.WorkerChunks.Order());
        StoredFleetHead head = fleet.SaveHead();
        StoredFleet stored = new(head, [.. head.WorkerChunks.SelectMany(fleet.SaveWorkers)], [.. head.JobChunks.SelectMany(fleet.SaveJobs)]);
        string json = System.Text.Json.JsonSerializer.Serialize(stored);
        FleetState loaded = new("sky", System.Text.Json.JsonSerializer.Deserialize<StoredFleet>(json));
        StoredFleetHead again = loaded.SaveHead();
        Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(new StoredFleet(again, [.. again.WorkerChunks.SelectMany(loaded.SaveWorkers)], [.. again.JobChunks.SelectMany(loaded.SaveJobs)])));
        Assert.Equal((149, true, 2), (loaded.Workers.Count, loaded.IsLeaving(7), loaded.OpenJobs.Count()));
        Assert.Equal((9L, 9L, null), (loaded.FindByLauncher("l9")!.Id, loaded.FindByName("w9", "h")!.Id, loaded.FindByLauncher("l8")));
        Assert.Equal(151, loaded.Add(id => loaded.Workers[1] with { Id = id, Name = "x", LauncherId = "x" }).Id);
        Assert.Equal([new("local", "b")], head.LaunchedFor);
    }

    [Fact]
    public void Jobs_OverAndOld_AreForgotten()
    {
        JobRow kept = fleet.OrderDeployment(Args(1), null, Now);
        for (int i = 0; i < FleetState.MostOverJobs + 10; i++) fleet.Put(JobRules.Fail(fleet.OrderDeployment(Args(1), null, Now), isFinal: true, Now));
        Assert.Equal(FleetState.MostOverJobs + 1, fleet.Jobs.Count);
        Assert.Contains(kept.Job.JobId, fleet.Jobs.Keys);
    }
}
