using System.Text.Json;
using System.Text.RegularExpressions;

namespace SkyDriver.Api.Auth;

/// <summary>Gives a role to tokens in which a claim matches a pattern in full.</summary>
/// <param name="Claim">Name, or path through objects with dots between the names.</param>
internal sealed record RoleRule(string Role, string Claim, Regex Pattern)
{
    /// <param name="text"><c>ROLE CLAIM PATTERN</c></param>
    public static RoleRule? TryParse(string text)
    {
        if (text.Split(' ', 3, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is not [Auth.Role.User or Auth.Role.Internal, _, _] parts) return null;
        try
        {
            // Claims come from outside: matching must take linear time.
            return new(parts[0], parts[1], new Regex($@"\A(?:{parts[2]})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    public bool Grants(JsonElement claims) => Find(claims, Claim) is { } claim && claim.ValueKind switch
    {
        JsonValueKind.String when Claim == "scope" => claim.GetString()!.Split(' ').Any(Pattern.IsMatch),
        JsonValueKind.String => Pattern.IsMatch(claim.GetString()!),
        JsonValueKind.Array => claim.EnumerateArray().Any(element => element.ValueKind is JsonValueKind.String && Pattern.IsMatch(element.GetString()!)),
        _ => false,
    };

    // A name may itself have dots in it.
    private static JsonElement? Find(JsonElement claims, string path)
    {
        if (claims.ValueKind is not JsonValueKind.Object) return null;
        if (claims.TryGetProperty(path, out JsonElement whole)) return whole;
        for (int dot = path.IndexOf('.'); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (claims.TryGetProperty(path[..dot], out JsonElement inner) && Find(inner, path[(dot + 1)..]) is { } found) return found;
        }

        return null;
    }
}
