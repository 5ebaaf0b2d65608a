using System.Buffers.Text;
using System.Text.Json;

namespace SkyDriver.HtCondor.Settings;

/// <summary>A token that HTCondor issued, or accepts: a JSON web token. It is not verified here; that is the schedd's part.</summary>
internal static class IdentityToken
{
    private const int MaxLength = 16_384;

    public static bool IsOne(string token) => token.Length <= MaxLength && token.Split('.') is { Length: 3 } parts
        && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '='));

    /// <summary>The user that it stands for, without domain; null when it does not say.</summary>
    public static string? User(string token)
    {
        try
        {
            using JsonDocument body = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.') is { Length: 3 } parts ? parts[1].TrimEnd('=') : ""));
            return body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("sub", out JsonElement subject)
                && subject.ValueKind == JsonValueKind.String && subject.GetString()!.Split('@')[0] is { Length: > 0 } user ? user : null;
        }
        catch (Exception fault) when (fault is FormatException or JsonException)
        {
            return null;
        }
    }
}
