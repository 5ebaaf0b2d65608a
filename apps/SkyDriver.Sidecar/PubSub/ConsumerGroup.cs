namespace SkyDriver.Sidecar.PubSub;

/// <summary>One group's queue of a topic. Consumers that wait are served in the order they came, so replicas share evenly.</summary>
internal sealed class ConsumerGroup(string topic, string name, BrokerLimits limits, TimeProvider clock, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Queue<QueuedMessage> _ready = [];
    private readonly Stack<QueuedMessage> _returned = [];
    private readonly PriorityQueue<QueuedMessage, DateTimeOffset> _paused = new();
    private readonly Queue<Waiter> _waiters = [];
    private ITimer? _timer;
    private int _consumers;
    private long _bytes;

    public IConsumer Join()
    {
        lock (_gate) _consumers++;
        return new Consumer(this);
    }

    /// <exception cref="BrokerFullException">There is no room, and consumers who will make some.</exception>
    public void MakeRoom(long bytes)
    {
        lock (_gate)
        {
            if (_bytes == 0 || _bytes + bytes <= limits.MaxQueuedBytes) return;
            if (_consumers > 0) throw new BrokerFullException(topic, name, limits.MaxQueuedBytes);
            int dropped = 0;
            for (; _bytes + bytes > limits.MaxQueuedBytes && _ready.TryDequeue(out QueuedMessage? oldest); dropped++) _bytes -= oldest.Message.Size;
            logger.LogWarning("Group {Group} of topic {Topic} has no consumers and is full: its oldest {Count} messages are dropped.", name, topic, dropped);
        }
    }

    public void Add(IReadOnlyList<Message> messages)
    {
        lock (_gate)
        {
            foreach (Message message in messages)
            {
                _ready.Enqueue(new QueuedMessage(message));
                _bytes += message.Size;
            }

            Serve();
        }
    }

    private ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (Collect(most) is { Length: > 0 } ready) return new(ready);
            _waiters.Enqueue(waiter = new Waiter(most));
            // Registered under the lock: a wait that is served meanwhile cannot be cancelled any more, so no message is lost.
            waiter.Cancellation = ct.Register(() => Cancel(waiter, ct));
        }

        return new(waiter.Task);
    }

    private void Cancel(Waiter waiter, CancellationToken ct)
    {
        lock (_gate) waiter.TrySetCanceled(ct);
    }

    private void Acknowledge(QueuedMessage message)
    {
        lock (_gate) _bytes -= message.Message.Size;
    }

    private void Reject(QueuedMessage message)
    {
        lock (_gate)
        {
            TimeSpan pause = limits.Pause(++message.Failures);
            _paused.Enqueue(message, clock.GetUtcNow() + pause);
            Arm();
        }
    }

    private void Return(QueuedMessage message)
    {
        lock (_gate)
        {
            _returned.Push(message);
            Serve();
        }
    }

    private void Leave()
    {
        lock (_gate) _consumers--;
    }

    private void Serve()
    {
        while ((_ready.Count > 0 || _returned.Count > 0) && _waiters.TryDequeue(out Waiter? waiter))
        {
            if (waiter.Task.IsCompleted) continue;
            waiter.Cancellation.Unregister();
            waiter.SetResult(Collect(waiter.Most));
        }
    }

    private QueuedMessage[] Collect(int most)
    {
        int count = Math.Min(most, _returned.Count + _ready.Count);
        if (count == 0) return [];
        var taken = new QueuedMessage[count];
        for (int i = 0; i < count; i++) taken[i] = _returned.TryPop(out QueuedMessage? next) ? next : _ready.Dequeue();
        return taken;
    }

    /// <summary>Sets the timer for the message whose pause ends first.</summary>
    private void Arm()
    {
        if (!_paused.TryPeek(out _, out DateTimeOffset due)) return;
        TimeSpan wait = due - clock.GetUtcNow();
        if (wait < TimeSpan.Zero) wait = TimeSpan.Zero;
        _timer ??= clock.CreateTimer(_ => Resume(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void Resume()
    {
        lock (_gate)
        {
            DateTimeOffset now = clock.GetUtcNow();
            while (_paused.TryPeek(out QueuedMessage? message, out DateTimeOffset due) && due <= now)
            {
                _paused.Dequeue();
                _returned.Push(message);
            }

            Serve();
            Arm();
        }
    }

    private sealed class Waiter(int most) : TaskCompletionSource<IReadOnlyList<QueuedMessage>>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Most { get; } = most;

        public CancellationTokenRegistration Cancellation { get; set; }
    }

    private sealed class Consumer(ConsumerGroup group) : IConsumer
    {
        private int _left;

        public ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct) => group.TakeAsync(most, ct);

        public ValueTask AcknowledgeAsync(QueuedMessage message)
        {
            group.Acknowledge(message);
            return ValueTask.CompletedTask;
        }

        public ValueTask RejectAsync(QueuedMessage message)
        {
            group.Reject(message);
            return ValueTask.CompletedTask;
        }

        public ValueTask ReturnAsync(QueuedMessage message)
        {
            group.Return(message);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) group.Leave();
            return ValueTask.CompletedTask;
        }
    }
}
