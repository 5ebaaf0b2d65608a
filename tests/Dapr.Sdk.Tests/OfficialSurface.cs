namespace Dapr.Sdk.Tests;

/// <summary>The table of types and member names that the official packages are known to have.</summary>
internal sealed class OfficialSurface
{
    private readonly Dictionary<string, HashSet<string>> _documented = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _extra = new(StringComparer.Ordinal);

    /// <summary>Rows of the extra part that give no reason.</summary>
    public List<string> WithoutReason { get; } = [];

    public IEnumerable<string> Types => _documented.Keys.Union(_extra.Keys);

    public static OfficialSurface Load()
    {
        var table = new OfficialSurface();
        bool extra = false;
        foreach (string line in File.ReadLines(Path.Combine(TestPaths.Repository, "tests", "Dapr.Sdk.Tests", "OfficialSurface.txt")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) extra = line.StartsWith("## extra", StringComparison.Ordinal);
            else if (line.Length > 0 && line[0] != '#') table.Add(line, extra);
        }

        return table;
    }

    /// <summary>Members of a type in either part, sorted.</summary>
    public IReadOnlyList<string> Members(string type) =>
        [.. _documented.GetValueOrDefault(type, []).Union(_extra.GetValueOrDefault(type, [])).Order(StringComparer.Ordinal)];

    private void Add(string line, bool extra)
    {
        string[] parts = line.Split('#', 2);
        if (extra && parts.Length < 2) WithoutReason.Add(line);
        string[] row = parts[0].Split(':', 2);
        var members = row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var part = extra ? _extra : _documented;
        part[row[0]] = [.. part.GetValueOrDefault(row[0], []), .. members];
    }
}
