using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The fleet: workers hired, recycled, given back, and jobs in between.</summary>
public class FleetActorTests
{
    private readonly FleetWorld world = new();

    private static RecruiterV1 Recruiter(string batch, int? maximum = null, bool partial = true) => new()
    {
        Batch = batch,
        Rank = 1,
        TasksPerWorker = 1,
        WorkerFlavor = "auto:ram>=8:image==v3",
        WorkerConcurrency = 1,
        WorkerProvider = "local",
        WorkerRegion = "here",
        MaximumWorkers = maximum,
        PartialRecycling = partial,
        Environment = new Dictionary<string, string> { ["SKYDRIVER_RECO_ALGO"] = "dummy" },
    };

    [Fact]
    public async Task Declare_AgainAfterARestart_IsTheSameWorker()
    {
        FleetCommand<NewWorkerV1> command = new(new() { Name = "w", Hostname = "h", Concurrency = 2, Status = "running" }, "k");
        FleetAnswer<WorkerV1> made = await world.Fleet.DeclareWorker(command), repeat = await world.Fleet.DeclareWorker(command);
        world.Restart();
        FleetAnswer<WorkerV1> back = await world.Fleet.DeclareWorker(command with { Key = null }), other = await world.Fleet.DeclareWorker(new(command.Body with { Hostname = "h2" }));
        Assert.Equal((201, 201, 200, 201), (made.Status, repeat.Status, back.Status, other.Status));
        Assert.Equal((made.Value!.WorkerId, made.Value.WorkerId), (repeat.Value!.WorkerId, back.Value!.WorkerId));
        Assert.NotEqual(made.Value.WorkerId, other.Value!.WorkerId);
        Assert.Equal(("Default", true, "local"), (back.Value.Batch, back.Value.Permanent, back.Value.Provider));
        Assert.Equal(400, (await world.Fleet.DeclareWorker(new(command.Body with { Concurrency = -1, Batch = "a/b" }))).Status);
        WorkerPageV1 page = (await world.Fleet.ListWorkers(new(Names: ["w"], Limit: 1))).Value!;
        Assert.Equal((made.Value.WorkerId, made.Value.WorkerId), (Assert.Single(page.Workers).WorkerId, page.Next!.Value));
        Assert.Equal(404, (await world.Fleet.GetWorker(99)).Status);
    }

    [Fact]
    public async Task Recruiter_PendingTasks_OrdersWorkersThatThenDoThem()
    {
        await world.Batch("b").PutRecruiter(Recruiter("b", 2));
        for (int i = 0; i < 3; i++) await world.TaskAsync("b");
        await world.CycleAsync(3);
        DeployWorkersV1 request = Assert.Single(world.Launcher.Deployed);
        Assert.Equal(("b", 2, "here", new(null, 8_000_000_000, null, "v3")), (request.ScanId, request.Count, request.Place, request.Resources));
        Assert.Equal(("http://api", "b", "dummy"), (request.Env["SKYDRIVER_API"], request.Env["SKYDRIVER_BATCH"], request.Env["SKYDRIVER_RECO_ALGO"]));
        IReadOnlyList<WorkerV1> rows = (await world.Fleet.ListWorkers(new())).Value!.Workers;
        Assert.Equal([("skydriver-node1", "offline", false, 1), ("skydriver-node2", "offline", false, 1)], rows.Select(w => (w.Name, w.Status, w.Permanent, w.RecruiterRank!.Value)));
        JobV1 job = Assert.Single((await world.Fleet.ListJobs(new())).Value!.Jobs);
        Assert.Equal((JobAction.Deploy, JobStatus.Succeeded, 100), (job.Action, job.Status, job.Progression));
        // It comes to life under its launcher's name.
        WorkerV1 declared = (await world.Fleet.DeclareWorker(new(new() { Name = "host-1234", Concurrency = 1, LauncherId = rows[0].LauncherId }))).Value!;
        Assert.Equal((rows[0].WorkerId, "skydriver-node1"), (declared.WorkerId, declared.Name));
        Assert.Single((await world.BeatAsync(declared)).Assignments);
        Assert.Equal("running", (await world.Fleet.GetWorker(declared.WorkerId)).Value!.Status);
    }

    [Fact]
    public async Task Recycling_NextBatchWithTheSameFlavor_TakesTheIdleOnes()
    {
        WorkerV1[] workers = [await world.WorkerAsync("a", "old", permanent: false, flavor: "auto:ram>=8:image==v3"), await world.WorkerAsync("c", "old", permanent: false, flavor: "auto:ram>=8:image==v2")];
        await world.Batch("new").PutRecruiter(Recruiter("new", 1, partial: false));
        await world.Batch("new").SetExternalPending(new(10));
        await world.CycleAsync();
        Assert.Empty(world.Launcher.Deployed);
        Assert.Equal(["new", "old"], (await world.Fleet.ListWorkers(new())).Value!.Workers.Select(w => w.Batch));
        Assert.Equal(404, (await world.Batch("old").Heartbeat(new([new(workers[0].WorkerId)]))).Answers[0].Status);
        HeartbeatReplyV1 told = await world.BeatAsync(workers[0]);
        Assert.Equal(("new", "running", 1), (told.Worker.Batch, told.Worker.Status, told.Worker.RecruiterRank));
        await world.CycleAsync(2);
        Assert.Equal(["c"], (await world.Batch("old").Describe()).Value!.Workers);
    }

    [Fact]
    public async Task Recycling_PartlyBusyWorker_KeepsItsOldWorkByWeight()
    {
        WorkerV1 worker = await world.WorkerAsync("a", "old", concurrency: 2, permanent: false, flavor: "auto:ram>=8:image==v3");
        await world.TaskAsync("old");
        long old = (await world.BeatAsync(worker)).Assignments[0].ExecutionId;
        await world.ReportAsync("old", old, "running");
        await world.Batch("new").PutRecruiter(Recruiter("new", 1) with { WorkerConcurrency = 4 });
        for (int i = 0; i < 5; i++) await world.TaskAsync("new");
        await world.CycleAsync();
        HeartbeatReplyV1 told = await world.BeatAsync(worker);
        Assert.Equal(("""{"old":[2,1]}""", 2), (told.Worker.TaskProperties, told.Assignments.Count));
        // The old batch still hears of its own work on it.
        Assert.Equal(200, (await world.Batch("old").Heartbeat(new([new(worker.WorkerId, Running: [new(old, "running")])]))).Answers[0].Status);
        await world.ReportAsync("old", old, "succeeded", 0);
        await world.CycleAsync();
        told = await world.BeatAsync(worker);
        Assert.Equal(("{}", 4), (told.Worker.TaskProperties, told.Assignments.Count));
        Assert.Empty((await world.Batch("old").Describe()).Value!.Workers);
    }

    [Fact]
    public async Task Idle_DeployedWorker_IsGivenBackAndAPermanentOneIsNot()
    {
        await world.Batch("b").PutRecruiter(Recruiter("b", 1));
        await world.TaskAsync("b");
        await world.CycleAsync(2);
        WorkerV1 deployed = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        long execution = (await world.BeatAsync(deployed)).Assignments.Single().ExecutionId;
        WorkerV1 permanent = await world.WorkerAsync("p", "b");
        await world.ReportAsync("b", execution, "running");
        Assert.StartsWith("refused: the worker has 1 live", (await world.Fleet.Callback(new(deployed.WorkerId, "idle"))).Value!.Result);
        await world.ReportAsync("b", execution, "succeeded", 0);
        await BeatAndCycleAsync(59);
        // The worker's own opinion is a hint, the clock is the server's.
        Assert.Equal("ok", (await world.Fleet.Callback(new(deployed.WorkerId, "idle"))).Value!.Result);
        Assert.Equal([deployed.LauncherId!], world.Launcher.Alive);
        await BeatAndCycleAsync(1);
        await world.CycleAsync(2);
        Assert.Equal(["p"], (await world.Fleet.ListWorkers(new())).Value!.Workers.Select(w => w.Name));
        Assert.Empty(world.Launcher.Workers);
        Assert.StartsWith("nothing to do", (await world.Fleet.Callback(new(permanent.WorkerId, "idle"))).Value!.Result);
        Assert.Equal(404, (await world.Fleet.Callback(new(deployed.WorkerId, "idle"))).Status);

        async Task BeatAndCycleAsync(int times)
        {
            for (int i = 0; i < times; i++)
            {
                await world.BeatAsync(deployed);
                await world.BeatAsync(permanent);
                await world.CycleAsync();
            }
        }
    }

    [Fact]
    public async Task GivenBack_RemovalFails_IsOrderedAgainUntilItWorks()
    {
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        world.Launcher.Fault = new InvalidOperationException("away");
        await world.Fleet.DeleteWorker(worker.WorkerId);
        await world.CycleAsync(10);
        JobV1 job = (await world.Fleet.ListJobs(new())).Value!.Jobs[0];
        Assert.Equal((JobAction.Destroy, JobStatus.Failed, 2), (job.Action, job.Status, job.Retry));
        world.Launcher.Fault = null;
        await world.CycleAsync(60);
        Assert.Empty((await world.Fleet.ListWorkers(new())).Value!.Workers);
        Assert.Empty(world.Launcher.Workers);
    }

    [Fact]
    public async Task Lost_DeployedWorker_IsRemovedAndReplaced()
    {
        await world.Batch("b").PutRecruiter(Recruiter("b", 1));
        FleetTaskV1 task = await world.TaskAsync("b");
        await world.CycleAsync(2);
        WorkerV1 first = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        long execution = (await world.BeatAsync(first)).Assignments[0].ExecutionId;
        await world.ReportAsync("b", execution, "running");
        await world.CycleAsync(59);
        Assert.Equal("running", (await world.Batch("b").GetTask(task.TaskId)).Value!.Status);
        await world.CycleAsync(4);
        FleetTaskV1 after = (await world.Batch("b").GetTask(task.TaskId)).Value!;
        Assert.Equal(("pending", 1, 0), (after.Status, after.InfrastructureReturns, after.Retry));
        WorkerV1 second = Assert.Single((await world.Fleet.ListWorkers(new())).Value!.Workers);
        Assert.NotEqual(first.WorkerId, second.WorkerId);
        Assert.Equal([second.LauncherId!], world.Launcher.Alive);
        Assert.Equal(409, (await world.ReportAsync("b", execution, "succeeded")).Status);
    }

    [Fact]
    public async Task NoRoom_AskedForByHand_TheJobWaitsForTheRest()
    {
        world.Launcher.Room = 2;
        await world.Fleet.DeployWorkers(new(new(3, "b", 1, "f")));
        await world.CycleAsync(5);
        Assert.Equal(2, world.Launcher.Alive.Count());
        JobV1 job = Assert.Single((await world.Fleet.ListJobs(new())).Value!.Jobs);
        Assert.Equal((JobStatus.Running, 66), (job.Status, job.Progression));
        Assert.Contains("no room: quota", job.Log);
        world.Launcher.Room = 3;
        await world.CycleAsync(7);
        Assert.Equal(3, (await world.Fleet.ListWorkers(new())).Value!.Workers.Count);
        Assert.Equal(JobStatus.Succeeded, (await world.Fleet.GetJob(job.JobId)).Value!.Status);
    }

    [Fact]
    public async Task NoRoom_ForARecruiter_ItsJobEndsAndTheRestIsOrderedAfterThePause()
    {
        world.Launcher.Room = 2;
        await world.Batch("b").PutRecruiter(Recruiter("b", 3));
        await world.Batch("b").SetExternalPending(new(100));
        await world.CycleAsync(2);
        // It stands in nobody's way while it waits.
        Assert.Equal(JobStatus.Succeeded, Assert.Single((await world.Fleet.ListJobs(new())).Value!.Jobs).Status);
        world.Launcher.Room = 3;
        await world.CycleAsync(9);
        Assert.Equal(2, world.Launcher.Alive.Count());
        await world.CycleAsync(4);
        Assert.Equal(3, (await world.Fleet.ListWorkers(new())).Value!.Workers.Count);
        world.Launcher.Room = 0;
        await world.Batch("c").PutRecruiter(Recruiter("c", 1));
        await world.Batch("c").SetExternalPending(new(1));
        int before = world.Launcher.Deployed.Count;
        await world.CycleAsync(125);
        Assert.InRange(world.Launcher.Deployed.Count - before, 8, 12);
    }

    [Fact]
    public async Task Fault_OfTheRequest_IsNotTriedAgainAndRestartsByHand()
    {
        world.Launcher.Fault = FakeLauncher.Refusal("InvalidArgument", "flavor 'x' is not offered");
        long id = (await world.Fleet.DeployWorkers(new(new(2, "b", 1, "x")))).Value!.JobIds.Single();
        await world.CycleAsync(2);
        JobV1 job = (await world.Fleet.GetJob(id)).Value!;
        Assert.Equal((JobStatus.Failed, 0), (job.Status, job.Retry));
        Assert.Contains("not offered", job.Log);
        world.Launcher.Fault = new InvalidOperationException("away");
        Assert.Equal(JobStatus.Running, (await world.Fleet.RestartJob(id)).Value!.Status);
        Assert.Equal(409, (await world.Fleet.RestartJob(id)).Status);
        await world.CycleAsync(6);
        job = (await world.Fleet.GetJob(id)).Value!;
        Assert.Equal((JobStatus.Failed, 2), (job.Status, job.Retry));
        world.Launcher.Fault = null;
        await world.Fleet.RestartJob(id);
        await world.CycleAsync(2);
        job = (await world.Fleet.GetJob(id)).Value!;
        Assert.Equal((JobStatus.Succeeded, 0), (job.Status, job.Retry));
        Assert.Equal(2, world.Launcher.Alive.Count());
        Assert.Equal((200, 404), ((await world.Fleet.DeleteJob(id)).Status, (await world.Fleet.GetJob(id)).Status));
    }

    [Fact]
    public async Task Deploy_TwoThousandInOneSubmission_IsOneJobAndOneCallOfTheLauncher()
    {
        await world.Fleet.DeployWorkers(new(new(2000, "b", 1, "f")));
        await world.CycleAsync(2);
        Assert.Equal(2000, Assert.Single(world.Launcher.Deployed).Count);
        Assert.Equal(2000, (await world.Batch("b").Describe()).Value!.Workers.Distinct().Count());
        world.Restart();
        WorkerPageV1 page = (await world.Fleet.ListWorkers(new(After: 1500))).Value!;
        Assert.Equal((500, null), (page.Workers.Count, page.Next));
        Assert.Equal("skydriver-node2000", page.Workers[^1].Name);
        Assert.InRange(world.StateOf(ActorTypes.Fleet, ActorTypes.TheFleet).LargestSave, 0, 4 << 20);
        Assert.InRange(world.StateOf(ActorTypes.Batch, "b").LargestSave, 0, 4 << 20);
    }

    [Fact]
    public async Task Deploy_WithAKey_ProcessDiesInBetween_IsOrderedOnce()
    {
        for (int step = 1; step <= 4; step++)
        {
            FleetWorld dying = new() { DiesAt = step };
            FleetCommand<DeployFleetWorkersV1> command = new(new(1, "b", 1, "f"), "k");
            try
            {
                await dying.Fleet.DeployWorkers(command);
            }
            catch (ProcessDied)
            {
                dying.Restart();
            }

            dying.DiesAt = null;
            await dying.Fleet.DeployWorkers(command);
            await dying.CycleAsync(3);
            Assert.Single(dying.Launcher.Alive);
        }
    }

    [Fact]
    public async Task Jobs_TenAtOnce_AndTheOthersAfterThem()
    {
        for (int i = 0; i < 15; i++) await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f"), $"k{i}"));
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f"), "k3"));
        IReadOnlyList<JobV1> jobs = (await world.Fleet.ListJobs(new())).Value!.Jobs;
        Assert.Equal((10, 5), (jobs.Count(j => j.Status == JobStatus.Running), jobs.Count(j => j.Status == JobStatus.Pending)));
        await world.CycleAsync(2);
        Assert.Equal(15, world.Launcher.Alive.Count());
        Assert.Equal(400, (await world.Fleet.DeployWorkers(new(new(0, "b/", -1, "auto:x")))).Status);
    }

    [Fact]
    public async Task Delete_DeployedWorkerTwice_IsRemovedOnceAndTheSecondJobFails()
    {
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        await world.Fleet.DeleteWorker(worker.WorkerId);
        await world.Fleet.DeleteWorker(worker.WorkerId);
        Assert.Equal([JobStatus.Failed, JobStatus.Running, JobStatus.Succeeded], (await world.Fleet.ListJobs(new())).Value!.Jobs.Select(j => j.Status));
        await world.CycleAsync();
        Assert.Empty((await world.Fleet.ListWorkers(new())).Value!.Workers);
        Assert.Empty(world.Launcher.Workers);
    }

    [Fact]
    public async Task Evicted_Replace_OrdersAnotherWhileThereIsWork()
    {
        await world.Fleet.DeployWorkers(new(new(1, "b", 1, "f", "local", "here")));
        await world.CycleAsync();
        WorkerV1 worker = (await world.Fleet.ListWorkers(new())).Value!.Workers[0];
        await world.TaskAsync("b");
        await world.TaskAsync("b");
        await world.BeatAsync(worker);
        FleetAnswer<WorkerV1> evicted = await world.Fleet.UpdateWorker(new(new(worker.WorkerId, new() { Status = "evicted", EvictionAction = "replace" })));
        Assert.Equal("evicted", evicted.Value!.Status);
        await world.CycleAsync(2);
        Assert.NotEqual(worker.WorkerId, Assert.Single((await world.Fleet.ListWorkers(new())).Value!.Workers).WorkerId);
        Assert.Equal(2, (await world.Batch("b").Describe()).Value!.Tasks["pending"]);
    }

    [Fact]
    public async Task Move_ByHand_OldBatchGivesAndNewTakes()
    {
        WorkerV1 worker = await world.WorkerAsync("w", "b", concurrency: 3);
        FleetAnswer<WorkerV1> moved = await world.Fleet.UpdateWorker(new(new(worker.WorkerId, new() { Batch = "c", Prefetch = 1 })));
        Assert.Equal(("c", 3, 1, "running"), (moved.Value!.Batch, moved.Value.Concurrency, moved.Value.Prefetch, moved.Value.Status));
        Assert.Empty((await world.Batch("b").Describe()) is { IsOk: true } old ? old.Value.Workers : []);
        Assert.Equal(400, (await world.Fleet.UpdateWorker(new(new(worker.WorkerId, new() { Batch = "x/y" })))).Status);
    }

    [Fact]
    public async Task Requirement_InAnotherBatch_IsToldAcross()
    {
        FleetTaskV1 first = await world.TaskAsync("a");
        FleetTaskV1 second = (await world.Batch("b").CreateTasks(new(new([new() { Command = "x", RequiredTaskIds = [first.TaskId] }], [new(first.TaskId, first.Status)])))).Value![0];
        await world.CycleAsync();
        Assert.Equal([1], (await world.Batch("b").GetTaskStatuses([second.TaskId])).Statuses);
        await world.Batch("a").UpdateTask(new(new(first.TaskId, new() { Status = "succeeded" })));
        await world.CycleAsync(2);
        Assert.Equal([2], (await world.Batch("b").GetTaskStatuses([second.TaskId])).Statuses);
        // Nobody asks a quiet batch again until it speaks up.
        await world.CycleAsync();
        Assert.DoesNotContain("b", (await world.Directory.ListActiveAsync()).Keys);
        await world.WorkerAsync("w", "b");
        Assert.Contains("b", (await world.Directory.ListActiveAsync()).Keys);
    }

    [Fact]
    public async Task Sweep_OrphansOfOurBatchesGo_AndOthersAreLeftAlone()
    {
        await world.Fleet.DeployWorkers(new(new(2, "b", 1, "f")));
        await world.CycleAsync();
        string orphan = world.Launcher.Strange("b"), other = world.Launcher.Strange("scan-that-is-not-ours");
        await world.CycleAsync(61);
        Assert.DoesNotContain(orphan, world.Launcher.Workers.Keys);
        Assert.Contains(other, world.Launcher.Workers.Keys);
        Assert.Equal(3, world.Launcher.Workers.Count);
        // What the provider has no more is gone here after two looks.
        string gone = world.Launcher.Workers.Keys.First(k => k != other);
        world.Launcher.Exit(gone);
        await world.CycleAsync(61);
        Assert.Equal(2, (await world.Fleet.ListWorkers(new())).Value!.Workers.Count);
        await world.CycleAsync(61);
        Assert.DoesNotContain(gone, (await world.Fleet.ListWorkers(new())).Value!.Workers.Select(w => w.LauncherId));
    }

    [Fact]
    public async Task Recruiters_AllAndMatching_AreFound()
    {
        await world.Batch("b").PutRecruiter(Recruiter("b"));
        await world.Batch("a").PutRecruiter(Recruiter("a") with { Rank = 2, WorkerFlavor = "f" });
        Assert.Equal([("a", 2), ("b", 1)], (await world.Fleet.ListRecruiters(new())).Select(r => (r.Batch, r.Rank)));
        await world.WorkerAsync("x", "z", flavor: "f");
        await world.WorkerAsync("y", "z", flavor: "auto:ram>=16:image==v3");
        await world.WorkerAsync("v", "z", flavor: "auto:ram>=4:image==v3");
        Assert.Equal(["x", "y"], (await world.Fleet.MatchRecruiters(new())).Select(w => w.Name));
        Assert.Equal(["y"], (await world.Fleet.MatchRecruiters(new(["b"]))).Select(w => w.Name));
        IReadOnlyList<RecruiterV1> scan = (await world.Batch("s").RecruitForScan(new([new("sub-2", "local", 3), new("sub-3", "local", 2)], 100, "f"))).Value!;
        await world.Batch("s").RecruitForScan(new([new("sub-2", "local", 3), new("sub-3", "local", 2), new("sub-2", "local", 1)], 100, "f"));
        Assert.Equal((2, 3), (scan.Count, (await world.Batch("s").ListRecruiters()).Count));
    }

    [Fact]
    public async Task Flavors_Filtered_CheapestFirst()
    {
        FlavorV1 Line(string name, int cpu, double cost, double eviction = 0) => new() { Name = name, Provider = "p", Region = "r", Cpu = cpu, Cost = cost, Eviction = eviction };
        FleetWorld priced = new(new() { Catalogue = [Line("a", 4, 3), Line("b", 8, 2), Line("c", 8, 1, 50), Line("d", 2, 0.5)] });
        Assert.Equal(["b", "a"], (await priced.Fleet.ListFlavors(new(MinCpu: 4))).Value!.Select(f => f.Name));
        Assert.Equal(["c"], (await priced.Fleet.ListFlavors(new(MaxEviction: 100, Limit: 1, Protofilters: "cpu>=8:cost<2"))).Value!.Select(f => f.Name));
        Assert.Equal(400, (await priced.Fleet.ListFlavors(new(Protofilters: "cpu", Limit: 0))).Status);
    }
}
