using FsCheck;
using FsCheck.Fluent;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>Whatever happens in whatever order, what must hold holds.</summary>
public class RandomOperationTests
{
    [Fact]
    public void AnyOperations_InAnyOrder_KeepTheInvariants() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ArrayOf(120).ToArbitrary(),
        steps =>
        {
            Turns turns = new();
            foreach (int step in steps)
            {
                turns.Refill(200);
                Apply(turns, step);
                Check(turns.State);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(20261121, 7));

    private static void Apply(Turns turns, int step)
    {
        BatchState state = turns.State;
        Random pick = new(step);
        TaskRow[] tasks = [.. state.Rows];
        WorkerRow[] workers = [.. state.Workers];
        TaskRow? task = tasks.Length > 0 ? tasks[pick.Next(tasks.Length)] : null;
        WorkerRow? worker = workers.Length > 0 ? workers[pick.Next(workers.Length)] : null;
        switch (step % 19)
        {
            case 0 or 1:
                long[] needs = [.. tasks.Where(_ => pick.Next(4) == 0).Select(t => t.Id)];
                turns.Task(pick.Next(6) == 0 ? "paused" : null, pick.Next(3), needs, $"c{pick.Next(3)}", cache: pick.Next(3) == 0, run: pick.Next(3) == 0 ? 20 : null);
                break;
            case 2:
                turns.Worker(pick.Next(1, 6), pick.Next(4), pick.Next(3), pick.Next(4) == 0 ? "paused" : "running");
                break;
            case 3 or 4 or 5:
                state.Dispatch(pick.Next(1, 5));
                break;
            case 6 or 7 or 8 when task?.Latest is { } latest:
                Fenced(turns, () => turns.Report(latest, ExecutionStatus.All[pick.Next(6)], pick.Next(2)));
                break;
            case 9 when task is { Former.Count: > 0 }:
                Assert.Equal(409, state.UpdateExecution(new(task.Former[pick.Next(task.Former.Count)], new() { Status = "succeeded" })).Status);
                break;
            case 10 when task is not null:
                turns.Put(task, FleetTaskStatus.All[pick.Next(9)]);
                break;
            case 11 when task is not null && pick.Next(3) == 0:
                state.DeleteTask(task.Id);
                break;
            case 12 when task is not null:
                TaskRow other = tasks[pick.Next(tasks.Length)];
                if (pick.Next(2) == 0) state.AddRequirement(new(task.Id, other.Id));
                else if (state.Edges.FirstOrDefault() is { } edge) state.DeleteRequirement(edge.Id);
                break;
            case 13 when worker is not null:
                state.UpdateWorker(new(worker.Id, new() { Status = FleetWorkerStatus.All[pick.Next(5)], Concurrency = pick.Next(5), Prefetch = pick.Next(3) }));
                break;
            case 14 when worker is not null:
                if (pick.Next(2) == 0) state.RemoveWorker(worker.Id, ExecutionCause.WorkerDeleted);
                else state.ReleaseWorker(new(worker.Id, "other"));
                if (pick.Next(2) == 0) turns.Worker(worker.Id);
                break;
            case 15 when worker is not null:
                HeldExecutionV1[] held = [.. tasks.Where(t => t.Live?.WorkerId == worker.Id && pick.Next(3) > 0).Select(t => new HeldExecutionV1(t.Live!.Id, pick.Next(2) == 0 ? "accepted" : "running"))];
                string? stats = pick.Next(3) switch { 0 => null, 1 => "no JSON", _ => new WorkerStatsV1(Errors: Enumerable.Range(0, pick.Next(4)).ToDictionary(i => $"error {pick.Next(3) + (3 * i)}", _ => pick.Next(-1, 5))).Write() };
                if (state.Hear(new(worker.Id, Stats: stats, Running: held, AcknowledgedSignals: [.. state.SignalsFor(worker.Id).Take(1).Select(s => s.SignalId)]), out IReadOnlyList<long> dropped)) state.Reply(worker.Id, dropped);
                break;
            case 16 when task?.Live is { } live:
                state.SendSignal(new(live.WorkerId!.Value, live.Id, FleetSignal.ForExecutions[pick.Next(5)]));
                break;
            case 17:
                turns.Pass(pick.Next(1, 120));
                state.Tick();
                break;
            case 18:
                switch (pick.Next(4))
                {
                    case 0: state.PauseAll(); break;
                    case 1: state.ResumeAll(); break;
                    case 2: state.Stop(null); break;
                    default: turns.Restart(); break;
                }

                break;
        }
    }

    /// <summary>A report that is refused changes nothing at all.</summary>
    private static void Fenced(Turns turns, Func<FleetAnswer<ExecutionV1>> report)
    {
        string before = Picture(turns.State);
        if (!report().IsOk) Assert.Equal(before, Picture(turns.State));
    }

    private static string Picture(BatchState state) => string.Join('|', state.Rows.Select(t =>
        $"{t.Id}:{t.Status}:{t.Held}:{t.Retry}:{t.Returns}:{t.Latest?.Id}:{t.Latest?.Status}:{t.Latest?.ReturnCode}:{t.Latest?.Cause}"));

    private static void Check(BatchState state)
    {
        TaskRow[] tasks = [.. state.Rows];
        foreach (TaskState status in Enum.GetValues<TaskState>()) Assert.Equal(tasks.Count(t => t.Status == status), state.Count(status));
        Assert.Equal(tasks.Length, state.Tasks);
        Assert.Equal(tasks.Count(t => t.Live is not null), state.LiveExecutions);
        foreach (TaskRow task in tasks)
        {
            // Under way exactly with a live execution in the same state, unless somebody paused it.
            if (task.Status.IsUnderWay()) Assert.NotNull(task.Live);
            if (task.Live is { } live)
            {
                Assert.True(task.Status.IsUnderWay() || task.Status is TaskState.Paused, $"{task.Status} with a live execution");
                Assert.NotNull(state.FindWorker(live.WorkerId!.Value));
                if (task.Status is not TaskState.Paused) Assert.Equal(live.Status, task.Status switch { TaskState.Assigned => ExecutionState.Pending, TaskState.Accepted => ExecutionState.Accepted, _ => ExecutionState.Running });
            }

            Assert.Equal(task.Former.Count, task.Former.Distinct().Count());
            Assert.DoesNotContain(task.Latest?.Id ?? 0, task.Former);
            // Promoted if and only if all that it requires has succeeded.
            if (task.Status is TaskState.Waiting)
                Assert.Contains(state.Edges, e => e.Task == task.Id && state.FindTask(e.Other)!.Status is not TaskState.Succeeded);
        }

        foreach (WorkerRow worker in state.Workers)
        {
            TaskRow[] own = [.. tasks.Where(t => t.Live?.WorkerId == worker.Id)];
            Assert.Equal(own.Length, worker.InHand);
            Assert.Equal(own.Length + worker.CarriedLoad, worker.Used);
        }

        Assert.Equal(
            state.Workers.Where(w => w.ReleasedTo is null).SelectMany(w => WorkerStatsV1.Read(w.ToWire("b").Stats)?.Errors ?? new Dictionary<string, int>()).Where(e => e.Value > 0)
                .GroupBy(e => e.Key, (text, told) => KeyValuePair.Create(text, told.Sum(e => (long)e.Value))).OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal).Take(5),
            state.CountErrors(5));
    }

    // Lowering takes nothing back, so that only what the dispatcher itself gives is bounded.
    [Fact]
    public void Dispatch_AnyWorkersAndTasks_NeverFillsBeyondConcurrencyAndPrefetch() => Prop.ForAll(
        Gen.Choose(0, 1_000_000).ToArbitrary(),
        seed =>
        {
            Random pick = new(seed);
            Turns turns = new();
            for (int i = 1; i <= pick.Next(1, 8); i++)
            {
                WorkerRow made = turns.Worker(i, pick.Next(5), pick.Next(4));
                if (pick.Next(3) == 0) turns.State.TellCarried(new(i, pick.Next(3), "{}"));
                Assert.NotNull(made);
            }

            for (int i = pick.Next(40); i > 0; i--) turns.Task();
            turns.State.Dispatch(1000);
            foreach (WorkerRow worker in turns.State.Workers) Assert.True(worker.InHand == 0 || worker.Used <= worker.Concurrency + worker.Prefetch);
            bool full = turns.State.Workers.All(w => w.Concurrency == 0 || w.Used >= w.Concurrency + w.Prefetch);
            return full || turns.State.Count(TaskState.Pending) == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
}
