using SkyDriver.Api.Http;

namespace SkyDriver.Api.Scans;

/// <summary>Ids of scans: word characters only, as they become parts of keys, topics and process names.</summary>
internal static class ScanIds
{
    private const int MaxLength = 64;

    /// <summary>What cannot be an id is an unknown scan, and never reaches the store.</summary>
    public static bool IsWellFormed(string id) =>
        id.Length <= MaxLength && id is not ("manifest" or "result") && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    public static ApiException Unknown() => ApiException.NotFound("there is no such scan");
}
