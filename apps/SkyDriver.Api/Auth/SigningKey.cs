using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace SkyDriver.Api.Auth;

/// <summary>A public key of the provider. It fits only the algorithms of its own kind, so a token cannot choose how its signature is read.</summary>
internal sealed class SigningKey : IDisposable
{
    private const int MinRsaBits = 2048;

    private readonly RSA? _rsa;
    private readonly ECDsa? _curve;
    private readonly string? _onlyAlgorithm;

    private SigningKey(string? id, string? onlyAlgorithm, RSA? rsa, ECDsa? curve) => (Id, _onlyAlgorithm, _rsa, _curve) = (id, onlyAlgorithm, rsa, curve);

    public string? Id { get; }

    /// <returns>The key, or null when it is of a kind that signs no tokens here: symmetric, for encryption, too short, unknown or broken.</returns>
    public static SigningKey? TryRead(JsonElement jwk)
    {
        if (Text(jwk, "use") is not (null or "sig")) return null;
        try
        {
            return Text(jwk, "kty") switch
            {
                "RSA" => ReadRsa(jwk),
                "EC" => ReadCurve(jwk),
                _ => null,
            };
        }
        catch (Exception broken) when (broken is FormatException or CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    public bool Fits(string algorithm) => (_onlyAlgorithm is null || _onlyAlgorithm == algorithm) && algorithm switch
    {
        "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" => _rsa is not null,
        "ES256" => _curve?.KeySize == 256,
        "ES384" => _curve?.KeySize == 384,
        "ES512" => _curve?.KeySize == 521,
        _ => false,     // none, HS256 and whatever else
    };

    public bool Verify(string algorithm, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        if (!Fits(algorithm)) return false;
        HashAlgorithmName hash = algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        return _rsa is not null
            ? _rsa.VerifyData(content, signature, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1)
            : _curve!.VerifyData(content, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _curve?.Dispose();
    }

    private static SigningKey? ReadRsa(JsonElement jwk)
    {
        RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") });
        if (rsa.KeySize >= MinRsaBits) return new(Text(jwk, "kid"), Text(jwk, "alg"), rsa, curve: null);
        rsa.Dispose();
        return null;
    }

    private static SigningKey? ReadCurve(JsonElement jwk)
    {
        ECCurve? curve = Text(jwk, "crv") switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => null,
        };
        if (curve is null) return null;
        ECDsa key = ECDsa.Create(new ECParameters { Curve = curve.Value, Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } });
        return new(Text(jwk, "kid"), Text(jwk, "alg"), rsa: null, key);
    }

    private static byte[] Bytes(JsonElement jwk, string name) => Base64Url.DecodeFromChars(Text(jwk, name) ?? throw new FormatException($"The key has no '{name}'."));

    private static string? Text(JsonElement jwk, string name) =>
        jwk.ValueKind is JsonValueKind.Object && jwk.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
