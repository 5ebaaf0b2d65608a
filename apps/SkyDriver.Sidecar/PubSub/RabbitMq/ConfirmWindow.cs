namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>The messages of one channel that the server has not confirmed yet.</summary>
internal sealed class ConfirmWindow
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Batch> _open = [];
    private ulong _next = 1;
    private ulong _lowest = 1;
    private Exception? _ended;

    /// <summary>Expects confirms for the next messages of the channel, which must be sent in this order.</summary>
    public Batch Open(int count)
    {
        lock (_gate)
        {
            Batch batch = new(_next, count);
            if (_ended is not null) batch.Fail(_ended);
            else for (int i = 0; i < count; i++) _open[_next++] = batch;
            return batch;
        }
    }

    /// <summary>Takes the server's word on a message, or on all up to it.</summary>
    public void Settle(ulong number, bool multiple, bool taken)
    {
        lock (_gate)
        {
            if (!multiple)
            {
                SettleOne(number, taken);
                return;
            }

            for (; _lowest <= number; _lowest++) SettleOne(_lowest, taken);
        }
    }

    /// <summary>No confirm will come any more.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _ended ??= reason;
            foreach (Batch batch in _open.Values) batch.Fail(reason);
            _open.Clear();
        }
    }

    private void SettleOne(ulong number, bool taken)
    {
        if (_open.Remove(number, out Batch? batch)) batch.Settle(number, taken);
    }

    /// <summary>Messages that are confirmed together.</summary>
    internal sealed class Batch(ulong first, int count)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Dictionary<int, string>? _refused;
        private int _missing = count;

        /// <summary>Ends when all are confirmed; faults with <see cref="BulkPublishException"/> when the server refused some.</summary>
        public Task Done => _done.Task;

        internal void Settle(ulong number, bool taken)
        {
            if (!taken) (_refused ??= [])[(int)(number - first)] = "the server refused the message (nack), as when a queue is full or fails; publish again later";
            if (--_missing > 0) return;
            if (_refused is null) _done.TrySetResult();
            else _done.TrySetException(new BulkPublishException(_refused));
        }

        internal void Fail(Exception reason) => _done.TrySetException(reason);
    }
}
