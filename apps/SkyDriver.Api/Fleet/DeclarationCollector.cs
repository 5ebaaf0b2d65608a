using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>Brings declarations of workers to the fleet: one call at a time, with all that came during the last one.</summary>
/// <remarks>A declaration is durable before it is answered; alone each would cost writes of its own, and thousands come when a large scan begins.</remarks>
internal sealed class DeclarationCollector(FleetLocator fleet, TimeProvider clock)
{
    /// <summary>Declarations in one call.</summary>
    public const int MaxDeclared = 200;

    /// <summary>An actor that answers later than this is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = [];
    private bool _isBusy;

    /// <exception cref="TimeoutException">The fleet does not answer.</exception>
    public Task<FleetAnswer<WorkerV1>> SendAsync(FleetCommand<NewWorkerV1> command)
    {
        Waiting mine = new(command, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            _waiting.Enqueue(mine);
            if (_isBusy) return mine.Answer.Task;
            _isBusy = true;
        }

        _ = Task.Run(RunAsync);
        return mine.Answer.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<Waiting> some = [];
            lock (_gate)
            {
                while (some.Count < MaxDeclared && _waiting.TryDequeue(out Waiting? next)) some.Add(next);
                if (some.Count == 0)
                {
                    _isBusy = false;
                    return;
                }
            }

            await DeliverAsync(some);
        }
    }

    private async Task DeliverAsync(List<Waiting> some)
    {
        try
        {
            IReadOnlyList<FleetAnswer<WorkerV1>> answers = some is [{ } one]
                ? [await fleet.Fleet.DeclareWorker(one.Command).WaitAsync(Patience, clock)]
                : await fleet.Fleet.DeclareWorkers([.. some.Select(w => w.Command)]).WaitAsync(Patience, clock);
            for (int i = 0; i < some.Count; i++) some[i].Answer.TrySetResult(answers[i]);
        }
        catch (Exception fault)
        {
            // Each caller is told, and declares itself again.
            foreach (Waiting one in some) one.Answer.TrySetException(fault);
        }
    }

    private sealed record Waiting(FleetCommand<NewWorkerV1> Command, TaskCompletionSource<FleetAnswer<WorkerV1>> Answer);
}
