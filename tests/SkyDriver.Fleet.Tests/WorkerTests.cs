using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>Sections 1.5 to 1.7: workers that come, go silent, are lost, and what they are given.</summary>
public class WorkerTests
{
    private readonly Turns turns = new();

    private BatchState State => turns.State;

    // X: tasks by their ids, workers by what share of them is taken.
    [Fact]
    public void Dispatch_SeveralWorkers_FillsTheEmptiestFirstAndPrefetchLast()
    {
        turns.Worker(1, 4, 2);
        turns.Worker(2, 2, 1);
        turns.Worker(3, 0, 5);
        TaskRow[] tasks = [.. Enumerable.Range(0, 12).Select(_ => turns.Task())];
        Assert.Equal(9, State.Dispatch(100));
        Assert.Equal([1, 2, 1, 1, 2, 1, 1, 2, 1], tasks.Take(9).Select(t => t.Live!.WorkerId!.Value));
        Assert.Equal(3, State.Count(TaskState.Pending));
    }

    [Fact]
    public void Dispatch_Concurrency_LoweredTakesNothingBackAndRaisedActsAtOnce()
    {
        WorkerRow worker = turns.Worker(1, 3);
        for (int i = 0; i < 6; i++) turns.Task();
        State.Dispatch(100);
        State.UpdateWorker(new(1, new() { Concurrency = 1 }));
        Assert.Equal((3, 0), (worker.InHand, State.Dispatch(100)));
        State.UpdateWorker(new(1, new() { Concurrency = 4, Prefetch = 1 }));
        Assert.Equal(2, State.Dispatch(100));
    }

    [Fact]
    public void Dispatch_LeftoversOfAFormerBatch_CountByTheirWeight()
    {
        WorkerRow worker = turns.Worker(1, 10);
        State.TellCarried(new(1, 7.5, """{"old":[2.5,1]}"""));
        for (int i = 0; i < 6; i++) turns.Task();
        // 7.5 + 3 is the first that reaches ten.
        Assert.Equal(3, State.Dispatch(100));
        Assert.Equal(10.5, worker.Used);
        State.TellCarried(new(1, 0, "{}"));
        Assert.Equal(3, State.Dispatch(100));
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("offline")]
    [InlineData("failed")]
    [InlineData("evicted")]
    public void Dispatch_WorkerThatDoesNotRun_GetsNothing(string status)
    {
        turns.Worker(status: status, contacted: false);
        turns.Task();
        Assert.Equal(0, State.Dispatch(10));
    }

    [Theory]
    [InlineData(5, 15, 15.1)]
    [InlineData(30, 90, 90.1)]
    public void Tick_Silence_MakesOfflineAfterThreePeriodsOrFifteenSeconds(int period, double still, double silent)
    {
        Assert.False(WorkerRules.IsSilent(TimeSpan.FromSeconds(still), period));
        Assert.True(WorkerRules.IsSilent(TimeSpan.FromSeconds(silent), period));
    }

    [Fact]
    public void Period_ByWorkers_IsFiveToSixtySecondsAndOneWhereTheScanIsOver()
    {
        Assert.Equal([5, 5, 6, 31, 60], new[] { 1, 1665, 1998, 10_000, 100_000 }.Select(workers => WorkerRules.Period(workers, isScanOver: false)));
        Assert.Equal([1, 5, 6, 31, 60], new[] { 1, 1665, 1998, 10_000, 100_000 }.Select(workers => WorkerRules.Period(workers, isScanOver: true)));
    }

    // X: a lost worker does not keep its tasks for ever.
    [Fact]
    public void Tick_Lost_TasksComeBackWithoutARetryAndReportsAreFenced()
    {
        WorkerRow worker = turns.Worker(1, 3);
        TaskRow running = turns.Task(retry: 1), accepted = turns.Task(), assigned = turns.Task();
        State.Dispatch(3);
        turns.Report(running.Live!, "running");
        turns.Report(accepted.Live!, "accepted");
        ExecutionRow execution = running.Live!;
        turns.Pass(16);
        State.Tick();
        Assert.Equal((WorkerStatus.Offline, TaskState.Running), (worker.Status, running.Status));
        turns.Pass(283);
        State.Tick();
        Assert.Equal(TaskState.Running, running.Status);
        turns.Pass(1);
        State.Tick();
        Assert.All(new[] { running, accepted, assigned }, t => Assert.Equal((TaskState.Pending, 1, ExecutionState.Failed, ExecutionCause.WorkerLost), (t.Status, t.Returns, t.Latest!.Status, t.Latest.Cause)));
        Assert.Equal(1, running.Retry);
        Assert.True(State.Digest().Workers.Single().IsLost);
        Assert.Equal(409, turns.Report(execution, "succeeded").Status);
        Assert.True(State.Hear(new(1, Running: [new(execution.Id, "running")]), out IReadOnlyList<long> dropped));
        Assert.Equal([execution.Id], dropped);
        Assert.Equal((WorkerStatus.Running, TaskState.Pending), (worker.Status, running.Status));
    }

    [Fact]
    public void Tick_LostSixTimes_TheTaskHasFailed()
    {
        TaskRow task = turns.Task();
        for (int i = 1; i <= 6; i++)
        {
            turns.Worker(i);
            State.Dispatch(1);
            turns.Pass(300);
            State.Tick();
            State.RemoveWorker(i, ExecutionCause.WorkerLost);
            Assert.Equal(i < 6 ? TaskState.Pending : TaskState.Failed, task.Status);
        }
    }

    [Fact]
    public void Restart_OfTheServer_GivesEverybodyAFullGrace()
    {
        TaskRow task = turns.In(TaskState.Running);
        turns.Pass(299);
        turns.Restart();
        turns.Pass(299);
        State.Tick();
        Assert.Equal((WorkerStatus.Offline, TaskState.Running), (State.FindWorker(1)!.Status, State.FindTask(task.Id)!.Status));
        State.Hear(new(1), out _);
        Assert.Equal(WorkerStatus.Running, State.FindWorker(1)!.Status);
        turns.Pass(299);
        State.Tick();
        Assert.Equal(TaskState.Running, State.FindTask(task.Id)!.Status);
    }

    [Fact]
    public void Tick_QueuedAtTheProvider_HasNoClock()
    {
        WorkerRow worker = turns.Worker(status: "offline", contacted: false);
        turns.Pass(100_000);
        State.Tick();
        Assert.Equal((WorkerStatus.Offline, false), (worker.Status, State.Digest().Workers.Single().IsLost));
        State.Hear(new(1), out _);
        Assert.Equal(WorkerStatus.Running, worker.Status);
    }

    [Fact]
    public void Tick_PausedWorker_StaysPausedButItsWorkIsNotLostForEver()
    {
        TaskRow task = turns.In(TaskState.Running);
        State.UpdateWorker(new(1, new() { Status = "paused" }));
        turns.Pass(300);
        State.Tick();
        Assert.Equal((WorkerStatus.Paused, TaskState.Pending), (State.FindWorker(1)!.Status, task.Status));
    }

    [Fact]
    public void Assigned_NeverTaken_GoesBackAfterAWhile()
    {
        TaskRow task = turns.In(TaskState.Assigned);
        for (int i = 0; i < 61; i++)
        {
            turns.Pass(10);
            State.Hear(new(1, Running: []), out _);
            State.Tick();
        }

        Assert.Equal((TaskState.Pending, 0, 0), (task.Status, task.Retry, task.Returns));
    }

    [Fact]
    public void Remove_RunningFailsAndTheRestIsRefused()
    {
        turns.Worker(1, 3);
        TaskRow running = turns.Task(retry: 1), final = turns.Task(), staged = turns.Task();
        State.Dispatch(3);
        turns.Report(running.Live!, "running");
        turns.Report(final.Live!, "running");
        turns.Report(staged.Live!, "accepted");
        State.RemoveWorker(1, ExecutionCause.WorkerDeleted);
        Assert.Equal((TaskState.Pending, 0), (running.Status, running.Retry));
        Assert.Equal(TaskState.Failed, final.Status);
        Assert.Equal((TaskState.Pending, ExecutionState.Refused), (staged.Status, staged.Latest!.Status));
        Assert.Equal([(1L, (WorkerStatus?)null)], State.Effects.Workers.Select(w => (w.Key, w.Value)));
        State.RemoveWorker(1, ExecutionCause.WorkerDeleted);
    }

    // T14
    [Fact]
    public void Evicted_CostsNothing_AndOnlyRunningMayFollow()
    {
        turns.Worker(1, 2);
        TaskRow running = turns.Task(retry: 1), assigned = turns.Task();
        State.Dispatch(2);
        turns.Report(running.Live!, "running");
        Assert.Equal(200, State.UpdateWorker(new(1, new() { Status = "evicted" })).Status);
        Assert.Equal((TaskState.Pending, 1, 0, ExecutionState.Failed), (running.Status, running.Retry, running.Returns, running.Latest!.Status));
        Assert.Equal((TaskState.Pending, ExecutionState.Refused), (assigned.Status, assigned.Latest!.Status));
        foreach (string status in new[] { "paused", "offline", "failed" }) Assert.Equal(409, State.UpdateWorker(new(1, new() { Status = status })).Status);
        Assert.Equal(200, State.UpdateWorker(new(1, new() { Status = "running" })).Status);
        Assert.Equal(400, State.UpdateWorker(new(1, new() { Status = "gone", Concurrency = -1, EvictionAction = "x" })).Status);
    }

    [Fact]
    public void Heartbeat_AnswerLost_AssignmentsComeAgainUntilHeld()
    {
        TaskRow task = turns.In(TaskState.Assigned);
        State.Hear(new(1, Running: []), out _);
        Assert.Equal([task.Live!.Id], State.Reply(1, []).Assignments.Select(a => a.ExecutionId));
        State.Hear(new(1, Running: []), out _);
        Assert.Single(State.Reply(1, []).Assignments);
        State.Hear(new(1, Running: [new(task.Live!.Id, "accepted")]), out _);
        Assert.Equal((TaskState.Accepted, 0), (task.Status, State.Reply(1, []).Assignments.Count));
        State.Hear(new(1, Running: [new(task.Live!.Id, "running")]), out _);
        Assert.Equal(TaskState.Running, task.Status);
        // Older news than what is known.
        State.Hear(new(1, Running: [new(task.Live!.Id, "accepted")]), out _);
        Assert.Equal(TaskState.Running, task.Status);
        Assert.False(State.Hear(new(77), out _));
    }

    [Theory]
    [InlineData(TaskState.Accepted, TaskState.Assigned)]
    [InlineData(TaskState.Running, TaskState.Pending)]
    public void Heartbeat_WorkNotNamedTwice_HasVanished(TaskState from, TaskState after)
    {
        TaskRow task = turns.In(from);
        State.Hear(new(1, Running: []), out _);
        Assert.Equal(from, task.Status);
        State.Hear(new(1), out _);
        State.Hear(new(1, Running: []), out _);
        Assert.Equal((after, 0), (task.Status, task.Retry));
    }

    [Fact]
    public void Heartbeat_HeldThatIsNotItsOwn_IsDropped()
    {
        TaskRow task = turns.In(TaskState.Running);
        long execution = task.Live!.Id;
        turns.Worker(2);
        // One of another batch is not ours to judge.
        State.Hear(new(2, Running: [new(execution, "running"), new(900_000, "running")]), out IReadOnlyList<long> dropped);
        Assert.Equal([execution], dropped);
        Assert.Equal(1L, task.Live!.WorkerId);
    }

    [Fact]
    public void Heartbeat_NothingNew_WritesNothing()
    {
        TaskRow task = turns.In(TaskState.Running);
        State.Changes.Clear();
        State.Hear(new(1, "12 %", 33.5, "{}", [new(task.Live!.Id, "running")], [99]), out _);
        WorkerV1 told = State.Reply(1, []).Worker;
        Assert.False(State.Changes.Any);
        Assert.Equal(("12 %", 33.5, "{}", State.Now), (told.Load, told.Memory, told.Stats, told.LastContactDate));
    }

    // X: reading a signal does not lose it.
    [Fact]
    public void Signals_UntilAcknowledged_AreDelivered()
    {
        TaskRow task = turns.In(TaskState.Running);
        SignalV1 kill = State.SendSignal(new(1, task.Live!.Id, 9)).Value!, clean = State.SendSignal(new(1, null, -1)).Value!;
        State.Hear(new(1, Running: [new(task.Live!.Id, "running")]), out _);
        Assert.Equal([kill, clean], State.Reply(1, []).Signals);
        turns.Restart();
        Assert.Equal([kill, clean], State.Reply(1, []).Signals);
        turns.Worker(2);
        State.Hear(new(2, AcknowledgedSignals: [kill.SignalId]), out _);
        State.Hear(new(1, AcknowledgedSignals: [clean.SignalId, 5]), out _);
        Assert.Equal([kill], State.TakeSignals(1));
        Assert.Empty(State.TakeSignals(1));
    }

    // X: a kill for work that was not picked up yet is not dropped.
    [Fact]
    public void Signals_KillBeforeLaunch_CancelsIt()
    {
        TaskRow task = turns.In(TaskState.Assigned);
        ExecutionRow execution = task.Live!;
        Assert.Equal(201, State.SendSignal(new(1, execution.Id, 9)).Status);
        Assert.Equal((TaskState.Failed, ExecutionCause.Killed), (task.Status, execution.Cause));
        Assert.Equal((409, 409), (turns.Report(execution, "running").Status, State.SendSignal(new(1, execution.Id, 9)).Status));
        Assert.Single(State.SignalsFor(1));
    }

    [Theory]
    [InlineData(false, 9, 400)]
    [InlineData(true, -1, 400)]
    [InlineData(true, 7, 400)]
    [InlineData(false, -3, 201)]
    [InlineData(true, 3, 201)]
    public void Signals_OnlyThoseThatMakeSense_AreTaken(bool execution, int signal, int status)
    {
        TaskRow task = turns.In(TaskState.Running);
        Assert.Equal(status, State.SendSignal(new(1, execution ? task.Live!.Id : null, signal)).Status);
    }

    [Fact]
    public void StopAndGo_PauseAndWakeOnlyThoseWhoCan()
    {
        TaskRow running = turns.In(TaskState.Running);
        turns.Worker(2, status: "offline", contacted: false);
        turns.Worker(3, status: "failed", contacted: false);
        Assert.Equal(400, State.Stop(5).Status);
        State.Stop(20);
        turns.Worker(4);
        Assert.Equal([WorkerStatus.Paused, WorkerStatus.Offline, WorkerStatus.Failed, WorkerStatus.Paused], State.Workers.Select(w => w.Status));
        Assert.Equal(TaskState.Paused, running.Status);
        State.Hear(new(2), out _);
        Assert.Equal(WorkerStatus.Paused, State.FindWorker(2)!.Status);
        State.Go(18);
        Assert.Equal([WorkerStatus.Running, WorkerStatus.Running, WorkerStatus.Failed, WorkerStatus.Running], State.Workers.Select(w => w.Status));
        Assert.Equal(TaskState.Running, running.Status);
        Assert.Equal([20, 18], State.SignalsFor(1).Select(s => s.Signal));
    }

    [Fact]
    public void PauseAllAndResumeAll_LeadBack()
    {
        turns.Worker(1, 2);
        TaskRow running = turns.Task(), staged = turns.Task(), parked = turns.Task("paused");
        State.Dispatch(2);
        turns.Report(running.Live!, "running");
        turns.Report(staged.Live!, "accepted");
        State.PauseAll();
        Assert.Equal((TaskState.Paused, TaskState.Paused), (running.Status, staged.Status));
        State.ResumeAll();
        Assert.Equal((TaskState.Running, TaskState.Accepted, TaskState.Pending), (running.Status, staged.Status, parked.Status));
        Assert.Equal([20, 18], State.SignalsFor(1).Select(s => s.Signal));
    }

    [Fact]
    public void Release_StagedGoesBackAndRunningStaysUntilItsEnd()
    {
        turns.Worker(1, 2);
        TaskRow running = turns.Task(), staged = turns.Task();
        State.Dispatch(2);
        turns.Report(running.Live!, "running");
        turns.Report(staged.Live!, "accepted");
        ExecutionRow execution = running.Live!;
        Assert.Equal("next", State.ReleaseWorker(new(1, "next")).Value!.Batch);
        Assert.Equal((TaskState.Running, TaskState.Pending, 0), (running.Status, staged.Status, State.Dispatch(5)));
        turns.Restart();
        Assert.Equal(("next", 1, 1), (State.Digest().Workers.Single().ReleasedTo, State.Digest().Workers.Single().Running, State.Describe().Workers.Count + 1));
        turns.Report(State.FindTask(running.Id)!.Live!, "succeeded");
        Assert.Null(State.FindWorker(1));
        Assert.Equal(404, State.ReleaseWorker(new(1, "next")).Status);
        Assert.Equal(TaskState.Succeeded, State.FindTask(running.Id)!.Status);
        Assert.NotNull(execution);
    }

    [Fact]
    public void Retire_OnlyAnIdleWorkerOfAnIdleBatch()
    {
        WorkerRow worker = turns.Worker();
        State.SetExternalPending(1);
        Assert.Equal(409, State.RetireWorker(1).Status);
        State.SetExternalPending(0);
        Assert.Equal(turns.State.Now, State.BacklogEnded);
        TaskRow task = turns.Task();
        Assert.Equal(409, State.RetireWorker(1).Status);
        State.Dispatch(1);
        Assert.Equal(409, State.RetireWorker(1).Status);
        turns.Put(task, "succeeded");
        Assert.Equal((200, WorkerStatus.Paused, 404), (State.RetireWorker(1).Status, worker.Status, State.RetireWorker(5).Status));
    }

    [Fact]
    public void Stats_HoursByStatusAndSecondsByPhase()
    {
        turns.Worker();
        TaskRow task = turns.Task();
        turns.Task("debug");
        State.Dispatch(1);
        turns.Pass(10);
        turns.Report(task.Live!, "accepted");
        turns.Pass(20);
        turns.Report(task.Live!, "running");
        turns.Pass(3600);
        turns.Report(task.Live!, null, 0);
        turns.Pass(30);
        turns.Report(task.Live!, "succeeded");
        BatchStatsV1 stats = State.Stats();
        Assert.Equal(new(1, 3660 / 3600.0, 3660 / 3600.0, 3660 / 3600.0), stats.Hours["succeeded"]);
        Assert.Equal(new(1, null, null, null), stats.Hours["debug"]);
        Assert.Equal((20, 3600, 30), (stats.Seconds["download"].Avg, stats.Seconds["run"].Avg, stats.Seconds["upload"].Avg));
        Assert.Equal(("b", 1, 1), (State.Describe().Batch, State.Describe().Tasks["succeeded"], State.Describe().Tasks["debug"]));
        Assert.Equal([new(1, "succeeded", 1)], State.CountWorkerTasks());
    }
}
