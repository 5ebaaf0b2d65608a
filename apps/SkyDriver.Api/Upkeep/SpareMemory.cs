namespace SkyDriver.Api.Upkeep;

/// <summary>Gives memory back to the machine once large results have passed.</summary>
/// <remarks>
/// The collector keeps what it grew to, for the next load; a service that sees a large result now and then would hold on to
/// tens of megabytes that others on the same machine could use. It is asked when no more of them came for a while.
/// </remarks>
internal sealed class SpareMemory : IDisposable
{
    private const long Large = 4 << 20;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly ITimer _timer;

    public SpareMemory(TimeProvider clock) =>
        _timer = clock.CreateTimer(static _ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <param name="bytes">Of the result that was sent.</param>
    public void Passed(long bytes)
    {
        if (bytes >= Large) _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
