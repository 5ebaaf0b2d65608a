namespace SkyDriver.Fleet;

/// <summary>Counts texts in bounded memory: exact up to <paramref name="capacity"/> different ones; of more, those that make up a share of the whole are never lost, and no count is too large.</summary>
/// <param name="capacity">Texts held at once.</param>
/// <remarks>
/// Misra and Gries (1982): a new text for which there is no room takes as much from each of the others as from itself. What all have lost is
/// kept once, beside the counts, and they are kept in order: a step costs the logarithm of the capacity, as what it drops was added before.
/// What is taken away again takes no more from a count than from the truth, so that neither of the two bounds suffers.
/// </remarks>
public sealed class TopCounts(int capacity)
{
    /// <summary>By text, with what it has lost: the count is the difference to <see cref="Lost"/>.</summary>
    private readonly Dictionary<string, long> raised = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Raised, string Text)> order = new(Comparer<(long Raised, string Text)>.Create((a, b) =>
        a.Raised != b.Raised ? a.Raised.CompareTo(b.Raised) : string.CompareOrdinal(b.Text, a.Text)));

    /// <summary>What a count may lack at most, be it held or not: no more than all that was added, divided by the capacity. Zero: all are exact.</summary>
    public long Lost { get; private set; }

    /// <param name="count">Nothing below 1 counts.</param>
    public void Add(string text, long count)
    {
        if (count < 1) return;
        if (raised.TryGetValue(text, out long known)) Replace(text, known, known + count);
        else if (raised.Count < capacity) Hold(text, Lost + count);
        else TakePlace(text, count);
    }

    /// <summary>Takes back what was added before.</summary>
    /// <param name="count">Nothing below 1 counts.</param>
    public void Remove(string text, long count)
    {
        if (count < 1 || !raised.TryGetValue(text, out long known)) return;
        if (known - count > Lost) Replace(text, known, known - count);
        else Drop(text, known);
    }

    /// <summary>The most frequent first; those of one count in the order of their texts.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Top(int most) => [.. order.Reverse().Take(most).Select(c => KeyValuePair.Create(c.Text, c.Raised - Lost))];

    private void TakePlace(string text, long count)
    {
        long share = Math.Min(count, order.Min.Raised - Lost);
        Lost += share;
        while (order.Count > 0 && order.Min.Raised <= Lost) Drop(order.Min.Text, order.Min.Raised);
        if (count > share) Hold(text, Lost + count - share);
    }

    private void Replace(string text, long from, long to)
    {
        order.Remove((from, text));
        Hold(text, to);
    }

    private void Hold(string text, long value)
    {
        raised[text] = value;
        order.Add((value, text));
    }

    private void Drop(string text, long value)
    {
        raised.Remove(text);
        order.Remove((value, text));
    }
}
