using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>The tables of executions and tasks, each from against each to.</summary>
public class TransitionTests
{
    private static readonly Dictionary<ExecutionState, ExecutionState[]> Legal = new()
    {
        [ExecutionState.Pending] = [ExecutionState.Accepted, ExecutionState.Running, ExecutionState.Refused, ExecutionState.Failed, ExecutionState.Succeeded],
        [ExecutionState.Accepted] = [ExecutionState.Running, ExecutionState.Refused, ExecutionState.Failed, ExecutionState.Succeeded, ExecutionState.Pending],
        [ExecutionState.Running] = [ExecutionState.Succeeded, ExecutionState.Failed],
        [ExecutionState.Refused] = [],
        [ExecutionState.Failed] = [],
        [ExecutionState.Succeeded] = [],
    };

    public static TheoryData<ExecutionState, ExecutionState> Pairs()
    {
        TheoryData<ExecutionState, ExecutionState> pairs = [];
        foreach (ExecutionState from in Enum.GetValues<ExecutionState>())
            foreach (ExecutionState to in Enum.GetValues<ExecutionState>()) pairs.Add(from, to);
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Report_EveryPair_FollowsTheTable(ExecutionState from, ExecutionState to)
    {
        Turns turns = new();
        TaskRow task = turns.In(TaskState.Assigned);
        ExecutionRow execution = task.Live!;
        if (from is ExecutionState.Accepted or ExecutionState.Running) turns.Report(execution, "accepted");
        if (from is ExecutionState.Running) turns.Report(execution, "running");
        if (from > ExecutionState.Running) Assert.True(turns.Report(execution, from is ExecutionState.Succeeded ? "running" : null) is { IsOk: true } && turns.Report(execution, from is ExecutionState.Refused ? "refused" : from.Name()).IsOk);
        ExecutionState really = execution.Status;
        Assert.Equal(from, really);
        TaskState before = task.Status;

        FleetAnswer<ExecutionV1> answer = turns.Report(execution, to.Name());

        bool legal = Legal[from].Contains(to);
        Assert.Equal(legal, Transitions.IsLegal(from, to));
        Assert.Equal(legal || from == to ? 200 : 409, answer.Status);
        Assert.Equal(legal ? to : from, execution.Status);
        if (!legal) Assert.Equal(before, task.Status);
    }

    [Theory]
    [InlineData(ExecutionState.Pending, TaskState.Assigned)]
    [InlineData(ExecutionState.Accepted, TaskState.Accepted)]
    [InlineData(ExecutionState.Running, TaskState.Running)]
    [InlineData(ExecutionState.Succeeded, TaskState.Succeeded)]
    [InlineData(ExecutionState.Refused, TaskState.Pending)]
    [InlineData(ExecutionState.Failed, TaskState.Failed)]
    public void Follow_EachState_TaskFollows(ExecutionState execution, TaskState expected)
    {
        foreach (TaskState from in Enum.GetValues<TaskState>())
        {
            TaskSituation after = Transitions.Follow(new(from, TaskState.Running, 0, 0), execution, Blame.Task, TaskState.Pending);
            bool staysPaused = from is TaskState.Paused && expected is not (TaskState.Succeeded or TaskState.Failed);
            Assert.Equal(staysPaused ? TaskState.Paused : expected, after.Status);
            if (staysPaused) Assert.Equal(expected, after.Held);
        }
    }

    // T7, T8: own faults cost retries. T14: eviction costs nothing. Lost workers: five times.
    [Theory]
    [InlineData(Blame.Task, 0, 0, TaskState.Failed, 0, 0)]
    [InlineData(Blame.Task, 1, 0, TaskState.Pending, 0, 0)]
    [InlineData(Blame.Task, 3, 5, TaskState.Pending, 2, 5)]
    [InlineData(Blame.Infrastructure, 0, 0, TaskState.Pending, 0, 1)]
    [InlineData(Blame.Infrastructure, 2, 4, TaskState.Pending, 2, 5)]
    [InlineData(Blame.Infrastructure, 2, 5, TaskState.Failed, 2, 5)]
    [InlineData(Blame.Eviction, 0, 5, TaskState.Pending, 0, 5)]
    public void Fail_EachBlame_CostsWhatItShould(Blame blame, int retry, int returns, TaskState status, int retryAfter, int returnsAfter) =>
        Assert.Equal(new(status, TaskState.Paused, retryAfter, returnsAfter), Transitions.Fail(new(TaskState.Running, TaskState.Paused, retry, returns), blame, TaskState.Pending));

    [Fact]
    public void Statuses_OnTheWire_HaveTheirOrder() => Assert.Equal(
        ["paused", "waiting", "pending", "assigned", "accepted", "running", "failed", "succeeded", "debug"],
        Enum.GetValues<TaskState>().Select(s => s.Name()));

    public static TheoryData<TaskState, TaskState> TaskPairs()
    {
        TheoryData<TaskState, TaskState> pairs = [];
        foreach (TaskState from in Enum.GetValues<TaskState>())
            foreach (TaskState to in Enum.GetValues<TaskState>()) pairs.Add(from, to);
        return pairs;
    }

    // T11, T13, T16: whoever sets a status decides, but a status that stands for an execution needs one.
    [Theory]
    [MemberData(nameof(TaskPairs))]
    public void Put_EveryPair_EndsWhatIsLiveAndGoesThere(TaskState from, TaskState to)
    {
        Turns turns = new();
        TaskRow task = turns.In(from);
        ExecutionRow? live = task.Live;
        ExecutionState? liveBefore = live?.Status;
        int signals = turns.State.Signals.Count();

        FleetAnswer<FleetTaskV1> answer = turns.Put(task, to.Name());

        ExecutionState? wanted = to switch { TaskState.Assigned => ExecutionState.Pending, TaskState.Accepted => ExecutionState.Accepted, TaskState.Running => ExecutionState.Running, _ => null };
        if (from == to)
        {
            Assert.Equal((200, from, liveBefore), (answer.Status, task.Status, live?.Status));
        }
        else if (wanted is { } state)
        {
            bool can = liveBefore is { } has && Legal[has].Contains(state);
            Assert.Equal((can ? 200 : 409, can ? to : from), (answer.Status, task.Status));
            Assert.Equal(can ? state : liveBefore, live?.Status);
        }
        else
        {
            Assert.Equal(200, answer.Status);
            // Waiting for nothing is being ready.
            Assert.Equal(to is TaskState.Waiting && from is not TaskState.Waiting ? TaskState.Pending : to, task.Status);
            Assert.Null(task.Live);
            Assert.Equal(liveBefore switch { ExecutionState.Running => ExecutionState.Failed, null => null, _ => ExecutionState.Refused }, live?.Status);
            // Whoever may have begun is told to stop.
            bool kills = liveBefore is ExecutionState.Accepted or ExecutionState.Running;
            Assert.Equal(kills ? [(live!.Id, 9)] : [], turns.State.Signals.Skip(signals).Select(s => (s.Execution!.Value, s.Signal)));
        }
    }

    [Fact]
    public void Put_FailedWithRetries_IsPendingOnceMore()
    {
        Turns turns = new();
        TaskRow task = turns.In(TaskState.Running, retry: 1);
        turns.Put(task, "failed");
        Assert.Equal((TaskState.Pending, 0), (task.Status, task.Retry));
        turns.Put(task, "failed");
        Assert.Equal(TaskState.Failed, task.Status);
        turns.State.UpdateTask(new(task.Id, new() { Status = "pending", Retry = 4 }));
        turns.State.UpdateTask(new(task.Id, new() { Status = "failed", Retry = 2 }));
        Assert.Equal((TaskState.Pending, 1), (task.Status, task.Retry));
    }

    [Theory]
    [InlineData(TaskState.Waiting)]
    [InlineData(TaskState.Pending)]
    [InlineData(TaskState.Assigned)]
    [InlineData(TaskState.Accepted)]
    [InlineData(TaskState.Running)]
    public void Delete_InAnyStatus_LeavesNothingButTheKill(TaskState from)
    {
        Turns turns = new();
        TaskRow task = turns.In(from);
        ExecutionRow? live = task.Live;
        bool began = live?.Status is ExecutionState.Accepted or ExecutionState.Running;
        TaskRow dependant = turns.Task(needs: [task.Id]);
        Assert.Equal(200, turns.State.DeleteTask(task.Id).Status);
        Assert.Equal(404, turns.State.DeleteTask(task.Id).Status);
        // X of T2: a task whose last requirement is gone is free.
        Assert.Equal(TaskState.Pending, dependant.Status);
        Assert.Equal(began ? 1 : 0, turns.State.Signals.Count());
        if (live is null) return;
        Assert.Equal(404, turns.Report(live, "succeeded").Status);
        Assert.Equal([live.Id], turns.State.Effects.Deleted);
        Assert.Equal(0, turns.State.FindWorker(1)!.InHand);
    }
}
