using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>Where a <c>state.sqlite</c> component keeps its data; field names and their meaning as in Dapr's component.</summary>
internal sealed partial record SqliteSettings
{
    public required string ConnectionString { get; init; }

    public string TableName { get; init; } = "state";

    /// <summary>How long a writer waits for another process that holds the file.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public bool WriteAheadLog { get; init; } = true;

    /// <summary>How often expired rows are removed from the file; null = never.</summary>
    public TimeSpan? CleanupInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Run on every connection, as <c>name=value</c>. With <c>synchronous=NORMAL</c>, which saves the sync of each commit, a kill
    /// of the process still loses nothing, but a loss of power loses the last writes.</summary>
    public IReadOnlyList<string> Pragmas { get; init; } = ["synchronous=FULL"];

    /// <summary>Reads <c>connectionString</c>: a path, or <c>file:path?_pragma=name(value)&amp;mode=…</c>.</summary>
    /// <param name="dataFolder">Relative paths start here.</param>
    /// <exception cref="ResourceException">A field is missing or wrong.</exception>
    public static SqliteSettings Read(ComponentSpec component, string dataFolder)
    {
        string text = component.Required("connectionString");
        (string path, string query) = Split(text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? text["file:".Length..] : text);
        string table = component.Value("tableName") ?? "state";
        if (!TablePattern().IsMatch(table)) throw component.Fault("tableName", table, "use letters, digits and underscores");
        bool memory = path is ":memory:" or "" || query.Contains("mode=memory", StringComparison.OrdinalIgnoreCase);
        if (memory) throw component.Fault("connectionString", text, "name a file, or use the type state.in-memory for a store without one");
        string file = Path.GetFullPath(path, dataFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return new()
        {
            ConnectionString = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false }.ToString(),
            TableName = table,
            BusyTimeout = component.Seconds("busyTimeout") ?? TimeSpan.FromSeconds(2),
            WriteAheadLog = !component.Flag("disableWAL"),
            CleanupInterval = component.CleanupInterval(),
            Pragmas = ["synchronous=FULL", .. PragmaPattern().Matches(query).Select(m => $"{m.Groups[1].Value}={m.Groups[2].Value}")],
        };
    }

    private static (string Path, string Query) Split(string text)
    {
        int mark = text.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (text, "") : (text[..mark], Uri.UnescapeDataString(text[(mark + 1)..]));
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
    private static partial Regex TablePattern();

    [GeneratedRegex(@"_pragma=([A-Za-z_]+)\(([A-Za-z0-9_-]+)\)")]
    private static partial Regex PragmaPattern();
}
