using System.Collections.Frozen;

namespace SkyDriver.Scan;

/// <summary>Column layouts of result tables, by version of the format.</summary>
internal static class PixelColumns
{
    public const string Index = "index";

    private static readonly string[] Version0 = [Index, "llh", "E_in", "E_tot"];
    private static readonly string[] Version1 = [.. Version0, "X", "Y", "Z", "T"];

    /// <summary>Relative difference two results may have and still count as the same.</summary>
    public static FrozenDictionary<string, double> RelativeTolerance { get; } = new Dictionary<string, double>
    {
        ["llh"] = 1e-4,
        ["E_in"] = 1e-2,
        ["E_tot"] = 1e-2,
        ["X"] = 1e-3,
        ["Y"] = 1e-3,
        ["Z"] = 1e-3,
        ["T"] = 1e-3,
    }.ToFrozenDictionary();

    /// <summary>Names in order, the index first; null for a version that this program does not know.</summary>
    public static string[]? Of(long version) => version switch { 0 => Version0, 1 => Version1, _ => null };

    /// <summary>The version with exactly these columns, or null.</summary>
    public static int? VersionOf(IReadOnlyList<string> columns) =>
        columns.SequenceEqual(Version1) ? 1 : columns.SequenceEqual(Version0) ? 0 : null;
}
