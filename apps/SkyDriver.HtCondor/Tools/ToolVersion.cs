using System.Text.RegularExpressions;

namespace SkyDriver.HtCondor.Tools;

/// <summary>Which HTCondor the tools are of.</summary>
internal static partial class ToolVersion
{
    /// <summary>The first with the container universe.</summary>
    public static Version Oldest { get; } = new(10, 0, 0);

    /// <param name="output">Of condor_version; null is answered where it says none.</param>
    public static Version? Parse(string output) => Form().Match(output) is { Success: true } match && Version.TryParse(match.Groups[1].Value, out Version? version) ? version : null;

    // $CondorVersion: 25.14.0 2026-11-21 PRE-RELEASE-UWCS $
    [GeneratedRegex(@"\$CondorVersion: ([0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}) ", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
