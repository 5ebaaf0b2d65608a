using System.Collections.Concurrent;
using SkyDriver.Client;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Worker.Agent;

/// <summary>The executions that this worker has, from the acceptance to the last report.</summary>
internal sealed class ExecutionsInHand(TaskTools tools)
{
    private readonly ConcurrentDictionary<long, (TaskRun Run, Task Done)> _all = [];

    public int Count => _all.Count;

    public TaskRun? Find(long execution) => _all.TryGetValue(execution, out (TaskRun Run, Task Done) one) ? one.Run : null;

    /// <summary>As a heartbeat names them.</summary>
    public IReadOnlyList<HeldExecutionV1> Held() => [.. _all.Values.Select(one => new HeldExecutionV1(one.Run.Id, one.Run.Status)).OrderBy(one => one.ExecutionId)];

    /// <summary>Takes work that is not taken yet.</summary>
    /// <param name="ended">Told when it is over.</param>
    public void Begin(AssignmentV1 work, Action ended)
    {
        // An assignment comes again until a heartbeat has named it.
        if (_all.ContainsKey(work.ExecutionId)) return;
        TaskRun run = new(work, tools);
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _all[run.Id] = (run, done.Task);
        _ = Task.Run(async () =>
        {
            using (run) await run.RunAsync();
            _all.TryRemove(run.Id, out _);
            done.SetResult();
            ended();
        });
    }

    /// <summary>Work that this worker is not able to take now; it costs the task nothing.</summary>
    public void Refuse(AssignmentV1 work) => _ = Task.Run(async () =>
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30), tools.Clock);
        try
        {
            await tools.Fleet.ReportAsync(work.ExecutionId, new() { Status = ExecutionStatus.Refused }, limit.Token);
        }
        catch (Exception late) when (late is SkyDriverException or OperationCanceledException)
        {
            // It is assigned again with the next heartbeat, or to somebody else.
        }
    });

    /// <summary>Asks what runs to end, and waits for what does; what is only staged is not begun.</summary>
    public async Task EndAsync(TimeSpan grace, TimeProvider clock)
    {
        (TaskRun Run, Task Done)[] all = [.. _all.Values];
        foreach ((TaskRun run, _) in all)
        {
            if (run.Status == ExecutionStatus.Running) run.GiveUp();
            else run.Drop();
        }

        await Task.WhenAny(Task.WhenAll(all.Select(one => one.Done)), Task.Delay(grace, clock, CancellationToken.None));
    }

    public void DropAll()
    {
        foreach ((TaskRun run, _) in _all.Values) run.Drop();
    }
}
