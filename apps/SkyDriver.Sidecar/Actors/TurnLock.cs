namespace SkyDriver.Sidecar.Actors;

/// <summary>
/// One turn at a time, in the order of asking. A call that belongs to the chain of calls now in the turn enters at once.
/// </summary>
internal sealed class TurnLock
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private string? _chain;
    private int _depth;

    /// <summary>More than one call of the chain is inside; asked from within the turn.</summary>
    public bool IsNested => Volatile.Read(ref _depth) > 1;

    /// <summary>Waits for the turn. Every success is followed by exactly one <see cref="Exit"/>.</summary>
    /// <param name="chain">Id of the chain of calls, or null when the actor is not reentrant.</param>
    /// <param name="maxDepth">Calls of one chain inside the actor at once.</param>
    /// <exception cref="StackDepthException">The chain is inside too often.</exception>
    public Task EnterAsync(string? chain, int maxDepth, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_depth > 0 && chain is not null && chain == _chain)
            {
                if (_depth >= maxDepth) throw new StackDepthException(maxDepth);
                _depth++;
                return Task.CompletedTask;
            }

            if (_depth == 0)
            {
                (_depth, _chain) = (1, chain);
                return Task.CompletedTask;
            }

            return WaitAsync(_waiting.AddLast(new Waiter(chain)), ct);
        }
    }

    public void Exit()
    {
        lock (_gate)
        {
            if (--_depth > 0) return;
            _chain = null;
            while (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                if (!next.Value.Entered.TrySetResult()) continue;
                (_depth, _chain) = (1, next.Value.Chain);
                return;
            }
        }
    }

    private async Task WaitAsync(LinkedListNode<Waiter> node, CancellationToken ct)
    {
        using var cancel = ct.UnsafeRegister(static (state, token) => ((Waiter)state!).Entered.TrySetCanceled(token), node.Value);
        try
        {
            await node.Value.Entered.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is not null) _waiting.Remove(node);
            }

            throw;
        }
    }

    private sealed class Waiter(string? chain)
    {
        public string? Chain => chain;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A chain of calls came back to the same actor too often.</summary>
internal sealed class StackDepthException(int limit) : Exception($"maximum stack depth exceeded: {limit} calls of one chain are inside the actor already");
