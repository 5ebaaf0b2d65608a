namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// The instances in memory, each behind a lock that callers take in the order they come. An entry lives as long as
/// somebody holds or watches it, or its workflow goes on.
/// </summary>
internal sealed class InstanceTable
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Waits for the lock of an instance; dispose the lease to give it back.</summary>
    public async ValueTask<Lease> EnterAsync(string instanceId, CancellationToken ct = default)
    {
        var entry = Hold(instanceId);
        try
        {
            await entry.Turn.WaitAsync(ct);
        }
        catch
        {
            Release(entry);
            throw;
        }

        return new Lease(this, entry);
    }

    /// <summary>Ids of the instances in memory that seem to be so; only under its lock is it certain.</summary>
    public string[] Find(Func<InstanceState, bool> seems)
    {
        lock (_gate) return [.. _entries.Values.Where(e => e.Active is { } active && seems(active.State)).Select(e => e.Id)];
    }

    private Entry Hold(string instanceId)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(instanceId, out var entry)) _entries[instanceId] = entry = new Entry(instanceId);
            entry.Holders++;
            return entry;
        }
    }

    private void Release(Entry entry)
    {
        lock (_gate)
        {
            entry.Holders--;
            if (entry.Holders == 0 && entry.Active?.State.IsOver != false) _entries.Remove(entry.Id);
        }
    }

    internal sealed class Entry(string id)
    {
        public string Id => id;

        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Callers that wait for the lock, hold it or watch; under the gate of the table.</summary>
        public int Holders { get; set; }

        /// <summary>What is known of the instance; null before it was looked up, and for unknown ids.</summary>
        public ActiveInstance? Active { get; set; }

        /// <summary>Done at the next change of the instance, then replaced.</summary>
        public TaskCompletionSource Changed { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed class Lease(InstanceTable table, Entry entry) : IDisposable
    {
        private bool _released;

        public string InstanceId => entry.Id;

        public ActiveInstance? Active
        {
            get => entry.Active;
            set => entry.Active = value;
        }

        /// <summary>Wakes all who watch the instance.</summary>
        public void SignalChange()
        {
            var changed = entry.Changed;
            entry.Changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }

        /// <summary>Gives the lock back and waits for the next change.</summary>
        public async Task WaitForChangeAsync(CancellationToken ct)
        {
            var changed = entry.Changed.Task;
            _released = true;
            entry.Turn.Release();
            try
            {
                await changed.WaitAsync(ct);
            }
            finally
            {
                table.Release(entry);
            }
        }

        public void Dispose()
        {
            if (_released) return;
            _released = true;
            entry.Turn.Release();
            table.Release(entry);
        }
    }
}
