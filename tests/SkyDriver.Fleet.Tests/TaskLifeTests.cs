using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>The rows of the transition table that need more than one step, and the faults of the model that must not come back.</summary>
public class TaskLifeTests
{
    private readonly Turns turns = new();

    private BatchState State => turns.State;

    [Fact]
    public void Create_NoStatus_TheServerDecides()
    {
        TaskRow first = turns.Task();
        Assert.Equal((TaskState.Pending, TaskState.Waiting), (first.Status, turns.Task(needs: [first.Id]).Status));
        Assert.Equal((TaskState.Paused, TaskState.Debug), (turns.Task("paused").Status, turns.Task("debug").Status));
        Assert.Equal(TaskState.Pending, turns.Task("waiting").Status);
    }

    [Fact]
    public void Create_ManyFaults_AreToldAllAtOnce()
    {
        TaskFieldsV1 bad = new() { Command = " ", Status = "runing", Retry = -1, RunTimeout = 0, RequiredTaskIds = [77] };
        FleetAnswer<IReadOnlyList<long>> answer = State.CreateTasks(new([bad, new() { Command = "echo 'x" }]));
        Assert.Equal(400, answer.Status);
        foreach (string part in new[] { "tasks[0].command", "'runing'", "retry -1", "run_timeout 0", "77", "tasks[1].command cannot be split" }) Assert.Contains(part, answer.Message);
        Assert.Equal(0, State.Tasks);
    }

    [Fact]
    public void Requirements_AllSucceeded_FreeTheTask()
    {
        TaskRow a = turns.Task("debug"), b = turns.Task("debug"), c = turns.Task(needs: [a.Id, b.Id, a.Id]);
        turns.Put(a, "succeeded");
        Assert.Equal(TaskState.Waiting, c.Status);
        turns.Put(b, "failed");
        Assert.Equal((TaskState.Waiting, true), (c.Status, State.ToWire(c).Blocked));
        turns.Put(b, "pending");
        Assert.False(State.ToWire(c).Blocked);
        turns.Put(b, "succeeded");
        Assert.Equal(TaskState.Pending, c.Status);
        // What was done is to be done again: its dependants wait again.
        turns.Put(a, "pending");
        Assert.Equal(TaskState.Waiting, c.Status);
    }

    [Fact]
    public void Requirements_Circle_IsRefusedAndNothingChanges()
    {
        TaskRow a = turns.Task("debug"), b = turns.Task(needs: [a.Id]), c = turns.Task(needs: [b.Id]);
        Assert.Equal(400, State.AddRequirement(new(a.Id, c.Id)).Status);
        Assert.Equal(400, State.AddRequirement(new(a.Id, a.Id)).Status);
        Assert.Equal(400, State.AddRequirement(new(a.Id, 5)).Status);
        Assert.Equal(400, State.UpdateTask(new(a.Id, new() { Name = "x", RequiredTaskIds = [c.Id] })).Status);
        Assert.Null(a.Text.Name);
        Assert.Equal(2, State.Edges.Count());
        Assert.Equal(201, State.AddRequirement(new(c.Id, a.Id)).Status);
        Assert.Equal(200, State.AddRequirement(new(c.Id, a.Id)).Status);
        Assert.Equal(3, State.Edges.Count());
    }

    [Fact]
    public void Requirements_EdgeAddedAndRemoved_MovesPendingToWaitingAndBack()
    {
        TaskRow a = turns.Task("debug"), b = turns.Task();
        RequirementV1 edge = State.AddRequirement(new(b.Id, a.Id)).Value!;
        Assert.Equal(TaskState.Waiting, b.Status);
        Assert.Equal(edge, State.DeleteRequirement(edge.RequirementId).Value);
        Assert.Equal(TaskState.Pending, b.Status);
        State.UpdateTask(new(b.Id, new() { RequiredTaskIds = [a.Id] }));
        Assert.Equal(TaskState.Waiting, b.Status);
        State.UpdateTask(new(b.Id, new() { Cleared = ["required_task_ids"] }));
        Assert.Equal((TaskState.Pending, 404), (b.Status, State.DeleteRequirement(edge.RequirementId).Status));
    }

    [Fact]
    public void Requirements_AcrossBatches_WaitForWhatIsTold()
    {
        Assert.Equal(400, State.CreateTasks(new([new() { Command = "x", RequiredTaskIds = [900_001] }])).Status);
        long id = State.CreateTasks(new([new() { Command = "x", RequiredTaskIds = [900_001] }], [new(900_001, "running")])).Value![0];
        TaskRow task = State.FindTask(id)!;
        Assert.Equal((TaskState.Waiting, false), (task.Status, State.IsQuiet));
        Assert.Equal([900_001L], State.Foreign);
        State.TellForeign([new(900_001, "failed")]);
        Assert.True(State.ToWire(task).Blocked);
        turns.Restart();
        State.TellForeign([new(900_001, "succeeded"), new(900_001, "succeeded")]);
        Assert.Equal(TaskState.Pending, State.FindTask(id)!.Status);
        Assert.Empty(State.Foreign);
        // A circle through another batch cannot be seen from here, so a later edge towards one is refused.
        TaskRow later = turns.Task();
        Assert.Equal(400, State.AddRequirement(new(later.Id, id)).Status);
    }

    [Fact]
    public void Requirements_ForeignTaskDeleted_NobodyWaitsForIt()
    {
        long id = State.CreateTasks(new([new() { Command = "x", RequiredTaskIds = [900_001] }], [new(900_001, "pending")])).Value![0];
        State.TellForeign([new(900_001, BatchState.Gone)]);
        Assert.Equal((TaskState.Pending, 0), (State.FindTask(id)!.Status, State.Edges.Count()));
    }

    [Fact]
    public void Requirements_LongChainDoneAtOnce_NeedsNoStack()
    {
        turns.Refill(60_000);
        TaskRow first = turns.Task("debug", command: "same", cache: true), last = first;
        for (int i = 0; i < 50_000; i++) last = turns.Task(needs: [last.Id], command: "same", cache: true);
        turns.Put(first, "succeeded");
        // The first was set by hand and has no result to share; the second runs, and then all others take it.
        turns.Worker();
        State.Dispatch(1);
        turns.Report(State.Rows.First(t => t.Live is not null).Live!, "succeeded");
        Assert.Equal((TaskState.Succeeded, 50_001), (last.Status, State.Count(TaskState.Succeeded)));
    }

    // T8, X: a failed staging costs a retry like any other failure.
    [Theory]
    [InlineData("accepted", -1001, ExecutionCause.StagingFailed)]
    [InlineData("running", -1000, ExecutionCause.UploadFailed)]
    [InlineData("running", 1, null)]
    public void Failure_WithRetryLeft_IsPendingOnceMore(string from, int code, string? cause)
    {
        TaskRow task = turns.In(from is "running" ? TaskState.Running : TaskState.Accepted, retry: 1);
        ExecutionRow execution = task.Live!;
        turns.Report(execution, "failed", code);
        Assert.Equal((TaskState.Pending, 0, ExecutionState.Failed, code, cause), (task.Status, task.Retry, execution.Status, execution.ReturnCode, execution.Cause));
        State.Dispatch(1);
        Assert.NotEqual(execution.Id, task.Live!.Id);
        Assert.Equal([execution.Id], task.Former);
        Assert.Equal([(execution, task.Text)], State.Effects.Displaced);
        // X: the attempt before is fenced.
        Assert.Equal(409, turns.Report(execution, "succeeded").Status);
    }

    // T9, X: a refusal frees accepted work as well, and the refusing worker is not asked again at once.
    [Theory]
    [InlineData(TaskState.Assigned)]
    [InlineData(TaskState.Accepted)]
    public void Refusal_CostsNoRetry_AndGoesElsewhere(TaskState from)
    {
        TaskRow task = turns.In(from, retry: 2);
        turns.Report(task.Live!, "refused");
        Assert.Equal((TaskState.Pending, 2), (task.Status, task.Retry));
        Assert.Equal(0, State.Dispatch(10));
        turns.Worker(2);
        Assert.Equal(1, State.Dispatch(10));
        Assert.Equal(2, task.Live!.WorkerId);
        turns.Report(task.Live!, "refused");
        turns.Pass(31);
        State.Hear(new(1), out _);
        State.Tick();
        Assert.Equal((1, 1L), (State.Dispatch(10), task.Live!.WorkerId));
    }

    // T10, X: the execution stays, so that the task cannot be given away twice.
    [Fact]
    public void StagedFilesLost_ExecutionIsPendingAgain()
    {
        TaskRow task = turns.In(TaskState.Accepted);
        long id = task.Live!.Id;
        turns.Report(task.Live!, "pending");
        Assert.Equal((TaskState.Assigned, id, 0), (task.Status, task.Live!.Id, State.Dispatch(5)));
    }

    // T12, X: resume leads back to where it was.
    [Theory]
    [InlineData(TaskState.Accepted)]
    [InlineData(TaskState.Running)]
    public void PauseAndResume_BySignals_ReturnToTheStatusBefore(TaskState from)
    {
        TaskRow task = turns.In(from);
        State.SendSignal(new(1, task.Live!.Id, 20));
        Assert.Equal((TaskState.Paused, true), (task.Status, task.Live is not null));
        turns.Restart();
        task = State.FindTask(task.Id)!;
        State.SendSignal(new(1, task.Live!.Id, 18));
        Assert.Equal(from, task.Status);
        Assert.Equal([20, 18], State.SignalsFor(1).Select(s => s.Signal));
    }

    [Fact]
    public void Paused_NeverDispatchedNorReleased_AndEndsWhenItsProcessDoes()
    {
        TaskRow idle = turns.Task("paused"), staged = turns.In(TaskState.Accepted), lost = idle;
        State.SendSignal(new(1, staged.Live!.Id, 20));
        Assert.Equal([staged.Live!.Id], State.Reply(1, []).Held);
        turns.Worker(2, 5);
        Assert.Equal(0, State.Dispatch(5));
        turns.Report(staged.Live!, "failed", 1);
        Assert.Equal(TaskState.Failed, staged.Status);
        turns.Put(lost, "pending");
        Assert.Equal(1, State.Dispatch(5));
    }

    [Fact]
    public void Timeouts_Passed_FailAndKillAndHeedRetry()
    {
        TaskRow download = turns.Task(download: 10, retry: 1), run = turns.Task(run: 20);
        turns.Worker(1, 2);
        State.Dispatch(2);
        turns.Report(download.Live!, "accepted");
        turns.Report(run.Live!, "running");
        turns.Pass(10);
        State.Tick();
        Assert.Equal((TaskState.Accepted, TaskState.Running), (download.Status, run.Status));
        turns.Pass(11);
        State.Tick();
        Assert.Equal((TaskState.Pending, 0, ExecutionCause.DownloadTimeout), (download.Status, download.Retry, download.Latest!.Cause));
        Assert.Equal((TaskState.Failed, ExecutionCause.RunTimeout), (run.Status, run.Latest!.Cause));
        Assert.Equal([9, 9], State.SignalsFor(1).Select(s => s.Signal));
    }

    [Fact]
    public void Freeze_EditsUntilTheStart_Count()
    {
        TaskRow task = turns.In(TaskState.Accepted);
        State.UpdateTask(new(task.Id, new() { Command = "second", Container = "img", Cleared = ["name"] }));
        turns.Report(task.Live!, "running");
        State.UpdateTask(new(task.Id, new() { Command = "third" }));
        ExecutionV1 wire = BatchState.ToWire(task, task.Latest!);
        Assert.Equal(("second", "img", "third"), (wire.Command, wire.Container, task.Text.Command));
        Assert.Equal(200, State.Freeze(task.Live!.Id).Status);
        Assert.Equal("third", BatchState.ToWire(task, task.Latest!).Command);
    }

    [Fact]
    public void Cache_IdenticalTask_SucceedsWithoutAWorker()
    {
        turns.Worker();
        TaskRow first = turns.Task(command: "sum a"), other = turns.Task(command: "sum b", cache: true);
        State.Dispatch(1);
        State.UpdateExecution(new(first.Live!.Id, new() { Status = "running", InputHash = "h" }));
        State.UpdateExecution(new(first.Live!.Id, new() { Status = "succeeded", ReturnCode = 0, OutputFiles = "x.txt" }));
        TaskRow same = turns.Task(command: "sum a", cache: true), without = turns.Task(command: "sum a"), dependant = turns.Task(needs: [same.Id]);
        Assert.Equal((TaskState.Succeeded, TaskState.Pending, TaskState.Pending, TaskState.Pending), (same.Status, without.Status, other.Status, dependant.Status));
        ExecutionV1 made = BatchState.ToWire(same, same.Latest!);
        Assert.Equal((null, "succeeded", first.Latest!.Id, "x.txt", ExecutionCause.CacheHit), (made.WorkerId, made.Status, made.OriginExecutionId!.Value, made.OutputFiles, made.Cause));
        // Asked for again on purpose: it runs.
        turns.Put(same, "pending");
        Assert.Equal(TaskState.Pending, same.Status);
    }

    [Fact]
    public void CreateExecution_ByHand_OnlyWhilePendingOrPaused()
    {
        turns.Worker();
        TaskRow pending = turns.Task(), paused = turns.Task("paused"), debug = turns.Task("debug");
        Assert.Equal((201, TaskState.Assigned), (State.CreateExecution(new(pending.Id, 1)).Status, pending.Status));
        Assert.Equal((201, TaskState.Running), (State.CreateExecution(new(paused.Id, 1, "running", "other")).Status, paused.Status));
        Assert.Equal("other", BatchState.ToWire(paused, paused.Live!).Command);
        Assert.Equal(409, State.CreateExecution(new(pending.Id, 1)).Status);
        Assert.Equal(409, State.CreateExecution(new(debug.Id, 1)).Status);
        Assert.Equal(400, State.CreateExecution(new(debug.Id, 1, "accepted")).Status);
        Assert.Equal(404, State.CreateExecution(new(debug.Id, 7)).Status);
        Assert.Equal(404, State.CreateExecution(new(7, 1)).Status);
    }

    [Fact]
    public void DeleteExecution_Live_IsKilledAndTheTaskReady()
    {
        TaskRow task = turns.In(TaskState.Running);
        long id = task.Live!.Id;
        Assert.Equal(200, State.DeleteExecution(id).Status);
        Assert.Equal((TaskState.Pending, 404), (task.Status, State.DeleteExecution(id).Status));
        Assert.Equal((id, 9), State.SignalsFor(1).Select(s => (s.ExecutionId!.Value, s.Signal)).Single());
    }

    [Fact]
    public void Clean_LeavesWorkersAndKills()
    {
        TaskRow running = turns.In(TaskState.Running), waiting = turns.Task(needs: [running.Id]);
        State.PutRecruiter(new() { Batch = "b", Rank = 1, TasksPerWorker = 1, WorkerConcurrency = 1, WorkerFlavor = "f" });
        State.SetExternalPending(5);
        State.Clean();
        Assert.Equal((0, 0, 0L, 1), (State.Tasks, State.Recruiters.Count, State.ExternalPending, State.Workers.Count()));
        Assert.Equal(9, State.SignalsFor(1).Single().Signal);
        Assert.Equal([running.Latest!.Id], State.Effects.Deleted);
        Assert.Equal((0, 0), (State.Count(TaskState.Waiting), State.LiveExecutions));
        turns.Restart();
        Assert.Equal((0, 1), (State.Tasks, State.Signals.Count()));
    }

    [Fact]
    public void Statuses_Compact_KeepTheOrderAsked()
    {
        TaskRow a = turns.Task("failed"), b = turns.Task(needs: [a.Id]);
        TaskStatusesV1 told = State.Statuses([b.Id, 5, a.Id]);
        Assert.Equal([1, -1, 6], told.Statuses);
        Assert.Equal([true, false, false], told.Blocked);
    }
}
