using System.Text.RegularExpressions;

namespace SkyDriver.Api.Images;

/// <summary>What tags mean.</summary>
internal static partial class ImageTags
{
    public const string Latest = "latest";

    /// <summary>Released images carry the bare version; people write it with a v.</summary>
    public static string WithoutV(string tag) => Version().IsMatch(tag) ? tag[1..] : tag;

    /// <summary>The release of a full version, or null for anything else.</summary>
    public static Version? Release(string tag) => FullVersion().IsMatch(tag) && System.Version.TryParse(tag, out Version? version) ? version : null;

    /// <summary>Looks a tag up among those that exist.</summary>
    /// <param name="latest">What <c>latest</c> points to, where that is known; the highest release otherwise.</param>
    public static string? Resolve(string tag, IReadOnlyCollection<string> existing, string? latest)
    {
        tag = WithoutV(tag);
        if (tag == Latest) return latest ?? Highest(existing, prefix: "");
        if (PartialVersion().IsMatch(tag)) return Highest(existing, tag + ".");
        return existing.Contains(tag) ? tag : null;
    }

    private static string? Highest(IEnumerable<string> existing, string prefix) =>
        existing.Where(t => t.StartsWith(prefix, StringComparison.Ordinal) && Release(t) is not null).MaxBy(Release);

    [GeneratedRegex(@"\Av\d+(\.\d+){0,2}\z")]
    private static partial Regex Version();

    [GeneratedRegex(@"\A\d{1,6}\.\d{1,6}\.\d{1,6}\z")]
    private static partial Regex FullVersion();

    [GeneratedRegex(@"\A\d+(\.\d+)?\z")]
    private static partial Regex PartialVersion();
}
