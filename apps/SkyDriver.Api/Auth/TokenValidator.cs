using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using SkyDriver.Api.Http;

namespace SkyDriver.Api.Auth;

/// <summary>Judges bearer tokens: JSON web tokens that the provider signed for this service and that are valid now.</summary>
internal sealed class TokenValidator(OpenIdKeys keys, AuthOptions options, TimeProvider clock)
{
    private const int MaxLength = 16 << 10;

    /// <exception cref="TokenException">It proves nothing; the message says why and repeats nothing of it.</exception>
    /// <exception cref="ApiException">503: nobody can say now.</exception>
    public async Task<Caller> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > MaxLength || token.Split('.') is not [var header, var payload, var signature]) throw new TokenException("the token is malformed");
        JsonElement head = Json(header), claims = Json(payload);
        // The caller names the algorithm; the provider's key decides whether it fits.
        if (Text(head, "alg") is not { } algorithm || head.TryGetProperty("crit", out _)) throw new TokenException("the token is malformed");
        byte[] signed = Encoding.ASCII.GetBytes($"{header}.{payload}"), proof = Bytes(signature);
        IReadOnlyList<SigningKey> candidates = await keys.FindAsync(Text(head, "kid"), algorithm, cancellationToken);
        if (!candidates.Any(key => key.Verify(algorithm, signed, proof))) throw new TokenException("the token's signature is not the provider's");
        return Judge(claims);
    }

    private Caller Judge(JsonElement claims)
    {
        if (Text(claims, "iss") != options.Issuer) throw new TokenException("the token is from another issuer");
        if (!Audiences(claims).Contains(options.Audience)) throw new TokenException("the token is for another audience");
        DateTimeOffset now = clock.GetUtcNow();
        if (Time(claims, "exp") is not { } expires) throw new TokenException("the token does not say when it expires");
        if (expires + options.ClockSkew <= now) throw new TokenException("the token has expired");
        if (Time(claims, "nbf") is { } start && start - options.ClockSkew > now) throw new TokenException("the token is not valid yet");
        HashSet<string> roles = [.. options.Rules.Where(rule => rule.Grants(claims)).Select(rule => rule.Role)];
        string name = Text(claims, "sub") ?? Text(claims, "azp") ?? Text(claims, "client_id") ?? "";
        return new(name, roles, expires + options.ClockSkew);
    }

    private static JsonElement Json(string part)
    {
        try
        {
            JsonElement parsed = JsonText.Parse(Bytes(part));
            if (parsed.ValueKind is JsonValueKind.Object) return parsed;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new TokenException("the token is malformed");
    }

    private static byte[] Bytes(string part)
    {
        try
        {
            return Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            throw new TokenException("the token is malformed");
        }
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string?> Audiences(JsonElement claims) => claims.TryGetProperty("aud", out JsonElement value) ? value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()],
        JsonValueKind.Array => value.EnumerateArray().Where(a => a.ValueKind is JsonValueKind.String).Select(a => a.GetString()),
        _ => [],
    } : [];

    /// <summary>Seconds since 1970; they may have a fraction.</summary>
    private static DateTimeOffset? Time(JsonElement claims, string name)
    {
        const double LastSecond = 253_402_300_799;     // of the year 9999
        if (!claims.TryGetProperty(name, out JsonElement value)) return null;
        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDouble(out double seconds) || seconds is not (>= 0 and <= LastSecond / 2))
            throw new TokenException("the token is malformed");
        return DateTimeOffset.UnixEpoch.AddSeconds(seconds);
    }
}

internal sealed class TokenException(string reason) : Exception(reason);
