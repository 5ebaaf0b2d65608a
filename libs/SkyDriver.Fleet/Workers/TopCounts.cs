namespace SkyDriver.Fleet;

/// <summary>Counts texts in bounded memory: exact up to <paramref name="capacity"/> different ones; of more, those that make up a share of the whole are never lost, and no count is too large.</summary>
/// <param name="capacity">Texts held at once.</param>
/// <remarks>Misra and Gries (1982): a new text for which there is no room takes as much from each of the others as from itself. What is lost of a count is at most the whole divided by the capacity.</remarks>
public sealed class TopCounts(int capacity)
{
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <param name="count">Nothing below 1 counts.</param>
    public void Add(string text, long count)
    {
        if (count < 1) return;
        if (counts.TryGetValue(text, out long known))
        {
            counts[text] = known + count;
            return;
        }

        if (counts.Count < capacity)
        {
            counts[text] = count;
            return;
        }

        long share = Math.Min(count, counts.Values.Min());
        foreach ((string other, long had) in counts.ToArray())
        {
            if (had > share) counts[other] = had - share;
            else counts.Remove(other);
        }

        if (count > share) counts[text] = count - share;
    }

    /// <summary>The most frequent first; those of one count in the order of their texts.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Top(int most) => [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(most)];
}
