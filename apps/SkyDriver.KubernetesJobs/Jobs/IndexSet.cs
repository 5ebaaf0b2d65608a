using System.Globalization;
using System.Text;

namespace SkyDriver.KubernetesJobs.Jobs;

/// <summary>Indexes of an Indexed Job as Kubernetes writes them: <c>1,3-5,7</c>.</summary>
internal static class IndexSet
{
    /// <param name="count">Indexes from here on are left out, as is what cannot be read: the text comes from others.</param>
    public static HashSet<int> Parse(string? text, int count)
    {
        HashSet<int> found = [];
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last)) continue;
            for (int i = first; i <= last && i < count; i++) found.Add(i);
        }

        return found;
    }

    public static string Format(IEnumerable<int> indexes)
    {
        StringBuilder text = new();
        int[] sorted = [.. indexes.Distinct().Order()];
        for (int i = 0; i < sorted.Length; i++)
        {
            int first = i;
            while (i + 1 < sorted.Length && sorted[i + 1] == sorted[i] + 1) i++;
            text.Append(CultureInfo.InvariantCulture, $"{(first == 0 ? "" : ",")}{sorted[first]}");
            if (i > first) text.Append(CultureInfo.InvariantCulture, $"-{sorted[i]}");
        }

        return text.ToString();
    }

    private static bool TryParse(string text, out int index) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
