namespace SkyDriver.Worker.Gateway;

/// <summary>Leases that this worker works on, each with the means to drop it.</summary>
public sealed class HeldLeases
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, CancellationTokenSource> held = [];

    public long[] Numbers
    {
        get
        {
            lock (gate) return [.. held.Keys];
        }
    }

    /// <summary>Until the answer is disposed of, the lease is held.</summary>
    /// <param name="stop">Ends the work, too.</param>
    public Work Begin(long lease, CancellationToken stop)
    {
        CancellationTokenSource dropped = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (gate) held[lease] = dropped;
        return new(this, lease, dropped);
    }

    /// <summary>Ends the work on a lease that is over.</summary>
    public void Drop(long lease)
    {
        lock (gate)
        {
            if (held.TryGetValue(lease, out CancellationTokenSource? work)) work.Cancel();
        }
    }

    private void End(long lease)
    {
        lock (gate) held.Remove(lease);
    }

    public sealed class Work(HeldLeases leases, long lease, CancellationTokenSource dropped) : IDisposable
    {
        /// <summary>Ends when nobody waits for the answer any more.</summary>
        public CancellationToken Dropped => dropped.Token;

        /// <summary>The lease stays in the list of those to give back.</summary>
        public bool IsKept { get; set; }

        public void Dispose()
        {
            if (IsKept) return;
            leases.End(lease);
            dropped.Dispose();
        }
    }
}
