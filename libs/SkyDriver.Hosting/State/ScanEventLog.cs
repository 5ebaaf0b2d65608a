using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>The last events of each scan and of all scans together, numbered, in the store.</summary>
/// <remarks>
/// Replicas of a service share one subscription, so each event reaches one of them. It notes the event here, under a number
/// that is the same for all, and every replica serves its listeners from here: a listener may come back to any of them, also
/// after a restart, and go on where it was.
/// </remarks>
public sealed class ScanEventLog(StateDocuments documents)
{
    /// <summary>Progress replaces progress: only the newest reports are kept.</summary>
    private const int MaxProgress = 4;
    private const int MaxOthers = 64;
    private const int MaxOfAll = 256;

    /// <summary>Notes an event; one that was noted before is left alone.</summary>
    public async Task AddAsync(string messageId, ScanEventV1 what, CancellationToken cancellationToken = default)
    {
        await AddAsync(StateKeys.ScanEvents(what.ScanId), messageId, what, Shorten, cancellationToken);
        await AddAsync(StateKeys.AllScanEvents, messageId, what with { Progress = null }, ShortenAll, cancellationToken);
    }

    /// <param name="scanId">Null for the events of all scans.</param>
    public async Task<ScanEventLogV1> ReadAsync(string? scanId, CancellationToken cancellationToken = default) =>
        await documents.GetAsync<ScanEventLogV1>(scanId is null ? StateKeys.AllScanEvents : StateKeys.ScanEvents(scanId), cancellationToken) ?? new(0, 0, []);

    private Task AddAsync(
        string key, string messageId, ScanEventV1 what, Func<IReadOnlyList<LoggedScanEventV1>, IReadOnlyList<LoggedScanEventV1>> shorten, CancellationToken cancellationToken) =>
        documents.UpdateAsync<ScanEventLogV1>(
            key,
            log =>
            {
                log ??= new(0, 0, []);
                if (log.Entries.Any(e => e.MessageId == messageId)) return null;
                LoggedScanEventV1 added = new(log.Last + 1, messageId, what);
                IReadOnlyList<LoggedScanEventV1> all = [.. log.Entries, added], kept = shorten(all);
                long forgotten = all.Except(kept).Where(e => !IsReplaced(e, kept)).Select(e => e.Number).DefaultIfEmpty(log.Forgotten).Max();
                return new(added.Number, Math.Max(forgotten, log.Forgotten), kept);
            },
            cancellationToken);

    private static bool IsReplaced(LoggedScanEventV1 gone, IReadOnlyList<LoggedScanEventV1> kept) =>
        gone.Event.Kind == ScanEventKind.Progress && kept.Any(k => k.Number > gone.Number && k.Event.Kind == ScanEventKind.Progress && k.Event.ScanId == gone.Event.ScanId);

    private static LoggedScanEventV1[] Shorten(IReadOnlyList<LoggedScanEventV1> all)
    {
        HashSet<long> kept =
        [
            .. all.Where(e => e.Event.Kind == ScanEventKind.Progress).TakeLast(MaxProgress).Select(e => e.Number),
            .. all.Where(e => e.Event.Kind != ScanEventKind.Progress).TakeLast(MaxOthers).Select(e => e.Number),
        ];
        return [.. all.Where(e => kept.Contains(e.Number))];
    }

    private static LoggedScanEventV1[] ShortenAll(IReadOnlyList<LoggedScanEventV1> all) => [.. all.TakeLast(MaxOfAll)];
}
