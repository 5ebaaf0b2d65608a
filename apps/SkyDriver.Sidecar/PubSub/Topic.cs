namespace SkyDriver.Sidecar.PubSub;

/// <summary>The consumer groups of one topic, and what was published before the first of them came.</summary>
internal sealed class Topic(string name, BrokerLimits limits, TimeProvider clock, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);
    private readonly Queue<Message> _backlog = [];
    private long _backlogBytes;

    /// <exception cref="BrokerFullException">A group with consumers is full; no group has got anything.</exception>
    public void Publish(IReadOnlyList<Message> messages)
    {
        lock (_gate)
        {
            if (_groups.Count == 0)
            {
                foreach (Message message in messages) Keep(message);
                return;
            }

            long bytes = 0;
            foreach (Message message in messages) bytes += message.Size;
            foreach (ConsumerGroup group in _groups.Values) group.MakeRoom(bytes);
            foreach (ConsumerGroup group in _groups.Values) group.Add(messages);
        }
    }

    public IConsumer Join(string group)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out ConsumerGroup? found))
            {
                _groups[group] = found = new(name, group, limits, clock, logger);
                found.Add([.. _backlog]);
                _backlog.Clear();
                _backlogBytes = 0;
            }

            return found.Join();
        }
    }

    private void Keep(Message message)
    {
        _backlog.Enqueue(message);
        _backlogBytes += message.Size;
        int dropped = 0;
        for (; _backlogBytes > limits.MaxQueuedBytes && _backlog.TryDequeue(out Message? oldest); dropped++) _backlogBytes -= oldest.Size;
        if (dropped > 0) logger.LogWarning("Topic {Topic} has had no consumer yet and is full: its oldest {Count} messages are dropped.", name, dropped);
    }
}
