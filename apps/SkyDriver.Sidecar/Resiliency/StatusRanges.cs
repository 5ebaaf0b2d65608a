using System.Globalization;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>Status codes as Dapr lists them: <c>429,500-599</c>.</summary>
internal sealed class StatusRanges
{
    private readonly (int First, int Last)[] _ranges;

    private StatusRanges((int First, int Last)[] ranges) => _ranges = ranges;

    /// <param name="least">Smallest code there is, as <paramref name="most"/> is the largest.</param>
    /// <returns>Null when the text is no such list.</returns>
    public static StatusRanges? TryParse(string text, int least, int most)
    {
        List<(int, int)> ranges = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryCode(ends[0], out int first) || !TryCode(ends[^1], out int last) || first > last) return null;
            ranges.Add((first, last));
        }

        return ranges.Count == 0 ? null : new([.. ranges]);

        bool TryCode(string code, out int number) =>
            int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
    }

    public bool Contains(int code) => Array.Exists(_ranges, r => code >= r.First && code <= r.Last);
}
