namespace SkyDriver.Scan;

/// <summary>A variation that no worker could answer: it counts as NaN.</summary>
public sealed record SetAsideVariation(int Nside, long Ipix, int Posvar, string Reason);

/// <summary>Which workers failed at which variations. Holds only the troubled ones.</summary>
internal sealed class FailureBook
{
    /// <summary>Different workers that must have failed before a variation is given up.</summary>
    public const int WorkersToGiveUp = 3;

    /// <summary>Failures in all, for scans with fewer workers than that.</summary>
    public const int FailuresToGiveUp = 9;

    private const int LongestReason = 300;
    private readonly Dictionary<VariationKey, Entry> _entries = [];

    /// <summary>Takes note of a failure; true when it was one too many.</summary>
    public bool Note(VariationKey key, string worker, out string summary)
    {
        if (!_entries.TryGetValue(key, out Entry? entry)) _entries[key] = entry = new Entry();
        entry.Failures++;
        if (!entry.Workers.Contains(worker)) entry.Workers.Add(worker);
        summary = $"failed {entry.Failures} times on {entry.Workers.Count} workers";
        return entry.Workers.Count >= WorkersToGiveUp || entry.Failures >= FailuresToGiveUp;
    }

    public void Forget(VariationKey key)
    {
        if (_entries.Count > 0) _entries.Remove(key);
    }

    public static string Shorten(string reason) => reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";

    public void Save(StateWriter writer)
    {
        writer.Write(_entries.Count);
        foreach (var (key, entry) in _entries.OrderBy(pair => pair.Key.Value))
        {
            writer.Write(key.Value);
            writer.Write(entry.Failures);
            writer.Write(entry.Workers.Count);
            foreach (string worker in entry.Workers) writer.Write(worker);
        }
    }

    public void Load(ref StateReader reader)
    {
        for (int n = reader.ReadCount(16); n > 0; n--)
        {
            var key = new VariationKey(reader.ReadInt64());
            var entry = new Entry { Failures = reader.ReadInt32() };
            for (int workers = reader.ReadCount(4); workers > 0; workers--) entry.Workers.Add(reader.ReadString());
            _entries[key] = entry;
        }
    }

    private sealed class Entry
    {
        public int Failures { get; set; }

        public List<string> Workers { get; } = [];
    }
}
