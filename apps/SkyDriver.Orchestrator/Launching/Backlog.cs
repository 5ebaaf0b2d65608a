using Dapr.Actors.Runtime;
using SkyDriver.Contracts;

namespace SkyDriver.Orchestrator.Launching;

/// <summary>Scans that wait and scans that run, in the memory of the queue's actor and in its state.</summary>
/// <remarks>Entries are kept in pages, so that a change in a long backlog writes a few kilobytes, and no value grows with it.</remarks>
internal sealed class Backlog
{
    private const int EntriesPerPage = 128;
    private const string HeadKey = "head";

    private readonly IActorStateManager state;
    private readonly Dictionary<string, (BacklogEntryV1 Entry, long Page)> waiting = [];
    private readonly Queue<string> running;
    private readonly HashSet<long> changed = [];
    private long[] pages;
    private long lastPage;

    private Backlog(IActorStateManager state, Head head)
    {
        (this.state, pages, lastPage, LastLaunch) = (state, head.Pages, head.LastPage, head.LastLaunch);
        running = new(head.Running);
    }

    /// <summary>Unix seconds; when the last scan started that heeds the interval.</summary>
    public double LastLaunch { get; set; }

    public int Waiting => waiting.Count;

    /// <summary>Scans that run or are about to.</summary>
    public int Running => running.Count + waiting.Values.Count(w => w.Entry.PendingTimestamp is not null);

    public static async Task<Backlog> LoadAsync(IActorStateManager state)
    {
        ConditionalValue<Head> head = await state.TryGetStateAsync<Head>(HeadKey);
        Backlog backlog = new(state, head.HasValue ? head.Value : new(0, [], [], 0));
        foreach (long page in backlog.pages)
        {
            ConditionalValue<BacklogEntryV1[]> entries = await state.TryGetStateAsync<BacklogEntryV1[]>(PageKey(page));
            foreach (BacklogEntryV1 entry in entries.HasValue ? entries.Value : []) backlog.waiting[entry.ScanId] = (entry, page);
        }

        return backlog;
    }

    /// <returns>False when it is waiting or running already.</returns>
    public bool Add(BacklogEntryV1 entry)
    {
        if (waiting.ContainsKey(entry.ScanId) || running.Contains(entry.ScanId)) return false;
        if (lastPage == 0 || waiting.Values.Count(w => w.Page == lastPage) >= EntriesPerPage) lastPage++;
        waiting[entry.ScanId] = (entry, lastPage);
        changed.Add(lastPage);
        return true;
    }

    public void Change(BacklogEntryV1 entry)
    {
        long page = waiting[entry.ScanId].Page;
        waiting[entry.ScanId] = (entry, page);
        changed.Add(page);
    }

    public void Launch(string scanId)
    {
        if (Leave(scanId)) running.Enqueue(scanId);
    }

    public void Remove(string scanId)
    {
        Leave(scanId);
        for (int i = running.Count; i > 0; i--)
        {
            string one = running.Dequeue();
            if (one != scanId) running.Enqueue(one);
        }
    }

    /// <summary>A few running scans, others at the next call.</summary>
    public IReadOnlyList<string> SampleRunning(int atMost)
    {
        List<string> sample = [];
        for (int i = Math.Min(atMost, running.Count); i > 0; i--)
        {
            sample.Add(running.Dequeue());
            running.Enqueue(sample[^1]);
        }

        return sample;
    }

    /// <summary>Oldest first.</summary>
    public BacklogEntryV1[] List() => [.. waiting.Values.Select(w => w.Entry).OrderBy(e => e.Timestamp).ThenBy(e => e.ScanId, StringComparer.Ordinal)];

    /// <summary>Those that wait for a permit, in the order in which they get it.</summary>
    public BacklogEntryV1[] InTurn() =>
        [.. List().Where(e => e.PendingTimestamp is null).OrderByDescending(e => e.Priority)];

    /// <summary>Those whose permit was not taken up in time.</summary>
    public BacklogEntryV1[] Overdue(double now, TimeSpan deadline) => [.. List().Where(e => now - e.PendingTimestamp >= deadline.TotalSeconds)];

    public async Task SaveAsync()
    {
        foreach (long page in changed)
        {
            BacklogEntryV1[] entries = [.. waiting.Values.Where(w => w.Page == page).Select(w => w.Entry)];
            if (entries.Length > 0) await state.SetStateAsync(PageKey(page), entries);
            else await state.TryRemoveStateAsync(PageKey(page));
        }

        changed.Clear();
        pages = [.. waiting.Values.Select(w => w.Page).Distinct().Order()];
        await state.SetStateAsync(HeadKey, new Head(LastLaunch, [.. running], pages, lastPage));
        await state.SaveStateAsync();
    }

    private bool Leave(string scanId)
    {
        if (!waiting.Remove(scanId, out var left)) return false;
        changed.Add(left.Page);
        return true;
    }

    private static string PageKey(long page) => FormattableString.Invariant($"page-{page}");

    /// <param name="Pages">Those that have entries.</param>
    private sealed record Head(double LastLaunch, IReadOnlyList<string> Running, long[] Pages, long LastPage);
}
