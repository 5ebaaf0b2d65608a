using System.Text.RegularExpressions;
using SkyDriver.KubernetesJobs.Settings;

namespace SkyDriver.KubernetesJobs.Jobs;

/// <summary>References of container images.</summary>
internal static partial class Images
{
    private const int MaxLength = 512;

    public static bool IsReference(string text) => text.Length <= MaxLength && Reference().IsMatch(text);

    /// <summary>What a deployment gets for the image that it names: a whole reference, or only a tag of the configured one.</summary>
    /// <returns>Null when it may not have it.</returns>
    public static string? Resolve(string? wanted, PodSettings pod)
    {
        if (wanted is null) return pod.Image;
        string image = Tag().IsMatch(wanted) ? $"{Repository(pod.Image)}:{wanted}" : wanted;
        if (!IsReference(image)) return null;
        bool isAllowed = pod.AllowedImages is { } allowed
            ? allowed.Any(a => image.StartsWith(a, StringComparison.Ordinal))
            : Repository(image) == Repository(pod.Image);
        return isAllowed ? image : null;
    }

    /// <summary>Without tag and digest.</summary>
    private static string Repository(string image)
    {
        string named = image.Split('@')[0];
        int colon = named.LastIndexOf(':');
        return colon > named.LastIndexOf('/') ? named[..colon] : named;
    }

    [GeneratedRegex(@"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Tag();
}
