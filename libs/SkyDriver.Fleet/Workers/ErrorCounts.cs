namespace SkyDriver.Fleet;

/// <summary>How often workers failed in which way, counted as they report: each worker's newest report replaces its former one.</summary>
/// <param name="capacity">Texts counted at once, whatever workers write; of more different ones the rare may be missing.</param>
/// <remarks>
/// Where there are more texts than are counted, what was lost to texts that are gone by now would add up for as long as the batch lives. So
/// all is counted anew whenever as many texts were reported as there are: that doubles the cost of a report, on the whole, and a count lacks
/// no more than a <paramref name="capacity"/>th of what was reported since, and of what there was.
/// </remarks>
public sealed class ErrorCounts(int capacity)
{
    private static readonly Dictionary<string, int> Nothing = [];

    private readonly Dictionary<long, Dictionary<string, int>> reports = [];
    private TopCounts counts = new(capacity);
    private int texts, steps;

    /// <summary>What a count may lack at most; zero while all texts are counted.</summary>
    public long Lost => counts.Lost;

    /// <param name="errors">With how often each came; null or empty: none. Nothing below 1 counts.</param>
    public void Report(long worker, IReadOnlyDictionary<string, int>? errors)
    {
        Dictionary<string, int> former = reports.GetValueOrDefault(worker, Nothing);
        Dictionary<string, int> now = errors is { Count: > 0 } ? new(errors.Where(e => e.Value > 0), StringComparer.Ordinal) : Nothing;
        // First what goes: it makes room.
        foreach ((string text, int times) in former) counts.Remove(text, (long)times - now.GetValueOrDefault(text));
        foreach ((string text, int times) in now) counts.Add(text, (long)times - former.GetValueOrDefault(text));
        if (now.Count > 0) reports[worker] = now;
        else reports.Remove(worker);
        texts += now.Count - former.Count;
        steps += now.Count + former.Count;
        if (steps > texts) Recount();
    }

    /// <summary>The most frequent first, at a cost that does not depend on how many workers there are.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Top(int most) => counts.Top(most);

    private void Recount()
    {
        steps = 0;
        if (counts.Lost == 0) return;
        counts = new(capacity);
        foreach (Dictionary<string, int> report in reports.Values)
            foreach ((string text, int times) in report) counts.Add(text, times);
    }
}
