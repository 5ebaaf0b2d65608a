namespace SkyDriver.Worker.Agent;

/// <summary>Staged executions wait here until there is room to run them: the highest priority first, then whoever came first.</summary>
internal sealed class StartGate
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private double _running;
    private int _concurrency;
    private bool _isOpen;
    private HashSet<long> _held = [];

    /// <summary>Tasks at once, as the worker was told last.</summary>
    public int Concurrency
    {
        get
        {
            lock (_gate) return _concurrency;
        }
    }

    /// <summary>What the worker is told with every heartbeat. Less room stops nothing that runs.</summary>
    /// <param name="isOpen">False: nothing starts, such as while the worker is paused.</param>
    /// <param name="held">Executions that must not start, as their tasks are paused.</param>
    public void Set(int concurrency, bool isOpen, IEnumerable<long> held)
    {
        lock (_gate)
        {
            (_concurrency, _isOpen, _held) = (concurrency, isOpen, [.. held]);
            Release();
        }
    }

    /// <summary>Ends when the execution may run; it does until the answer is disposed of.</summary>
    public async Task<IDisposable> EnterAsync(long execution, double weight, int priority, CancellationToken stop)
    {
        Waiting mine = new(execution, weight, priority, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            LinkedListNode<Waiting>? before = _waiting.First;
            while (before is not null && before.Value.Priority >= priority) before = before.Next;
            if (before is null) _waiting.AddLast(mine);
            else _waiting.AddBefore(before, mine);
            Release();
        }

        await using CancellationTokenRegistration given = stop.Register(() =>
        {
            lock (_gate)
            {
                if (_waiting.Remove(mine)) mine.Entered.TrySetCanceled(stop);
            }
        });
        await mine.Entered.Task;
        return new Running(this, weight);
    }

    private void Release()
    {
        if (!_isOpen) return;
        for (LinkedListNode<Waiting>? node = _waiting.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (_held.Contains(node.Value.Execution)) continue;
            // The next in line waits for its room; a smaller one that overtook it could make it wait for ever. One that has the worker to
            // itself always fits, even if it was staged when there was more room than now.
            if (_running > 0 ? _running + node.Value.Weight > _concurrency : _concurrency <= 0) return;
            _waiting.Remove(node);
            _running += node.Value.Weight;
            node.Value.Entered.TrySetResult();
        }
    }

    private void Leave(double weight)
    {
        lock (_gate)
        {
            _running -= weight;
            Release();
        }
    }

    private sealed record Waiting(long Execution, double Weight, int Priority, TaskCompletionSource Entered);

    private sealed class Running(StartGate gate, double weight) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) gate.Leave(weight);
        }
    }
}
