using System.Globalization;

namespace SkyDriver.Fleet;

/// <summary>Names of deployed workers: <c>&lt;server&gt;-node&lt;i&gt;</c>, the lowest free i from 1.</summary>
public sealed class NameBook
{
    private readonly string prefix;
    private readonly SortedSet<int> gaps = [];
    private readonly HashSet<int> used = [];
    private int next = 1;

    public NameBook(string server, IEnumerable<string> names)
    {
        prefix = server + "-node";
        foreach (int number in names.Select(NumberOf).Where(n => n > 0).Order())
        {
            for (; next < number; next++) gaps.Add(next);
            if (used.Add(number)) next = number + 1;
        }
    }

    public string Take()
    {
        int number = next;
        if (gaps.Count > 0)
        {
            number = gaps.Min;
            gaps.Remove(number);
        }
        else next++;
        used.Add(number);
        return prefix + number.ToString(CultureInfo.InvariantCulture);
    }

    public void Free(string name)
    {
        int number = NumberOf(name);
        if (used.Remove(number)) gaps.Add(number);
    }

    /// <returns>0 for a name of another kind.</returns>
    private int NumberOf(string name) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and < 10_000_000 ? number : 0;
}
