using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>A small OpenID provider on the loopback: discovery, keys, and tokens signed with them.</summary>
internal sealed class OpenIdProvider : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly List<JsonObject> published = [];

    private OpenIdProvider()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Use(async (context, next) =>
        {
            Asked++;
            if (IsAway) context.Response.StatusCode = 500;
            else await next(context);
        });
        app.MapGet("/realms/sky/.well-known/openid-configuration", () => Results.Json(new { issuer = ClaimedIssuer ?? Issuer, jwks_uri = $"{Issuer}/keys" }));
        app.MapGet("/realms/sky/keys", () => Results.Text(new JsonObject { ["keys"] = new JsonArray([.. published.Select(k => k.DeepClone())]) }.ToJsonString(), "application/json"));
    }

    public string Issuer => $"{app.Urls.Single()}/realms/sky";

    /// <summary>When it lies about its name.</summary>
    public string? ClaimedIssuer { get; set; }

    public bool IsAway { get; set; }

    public int Asked { get; private set; }

    public static async Task<OpenIdProvider> StartAsync()
    {
        OpenIdProvider provider = new();
        await provider.app.StartAsync();
        return provider;
    }

    public void Publish(TokenKey key, params (string Name, string Value)[] extra)
    {
        JsonObject jwk = key.Jwk();
        foreach (var (name, value) in extra) jwk[name] = value;
        published.Add(jwk);
    }

    public void Withdraw(TokenKey key) => published.RemoveAll(k => (string?)k["kid"] == key.Id);

    /// <summary>Claims of a good token of a person.</summary>
    public JsonObject Claims() => new()
    {
        ["iss"] = Issuer,
        ["aud"] = "skydriver",
        ["sub"] = "ada",
        ["exp"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds(),
        ["groups"] = new JsonArray("/institutions/IceCube/Somewhere"),
    };

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}

/// <summary>A key pair of the provider, or of somebody else.</summary>
internal sealed class TokenKey(string id, string algorithm) : IDisposable
{
    private readonly RSA? rsa = algorithm[0] is 'R' or 'P' ? RSA.Create(2048) : null;
    private readonly ECDsa? curve = algorithm switch
    {
        "ES256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "ES512" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => null,
    };

    public string Id => id;

    public string PublicPem => rsa!.ExportSubjectPublicKeyInfoPem();

    public JsonObject Jwk()
    {
        if (rsa is not null)
        {
            RSAParameters key = rsa.ExportParameters(includePrivateParameters: false);
            return new() { ["kty"] = "RSA", ["kid"] = id, ["use"] = "sig", ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) };
        }

        ECParameters point = curve!.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "EC",
            ["kid"] = id,
            ["crv"] = algorithm switch { "ES256" => "P-256", "ES384" => "P-384", _ => "P-521" },
            ["x"] = Base64Url.EncodeToString(point.Q.X),
            ["y"] = Base64Url.EncodeToString(point.Q.Y),
        };
    }

    public string Sign(JsonObject claims, JsonObject? header = null)
    {
        header ??= new() { ["alg"] = algorithm, ["kid"] = id, ["typ"] = "JWT" };
        string content = Content(header, claims);
        byte[] bytes = Encoding.ASCII.GetBytes(content);
        HashAlgorithmName hash = algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        byte[] signature = rsa is not null
            ? rsa.SignData(bytes, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1)
            : curve!.SignData(bytes, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    public static string Content(JsonObject header, JsonObject claims) =>
        $"{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";

    public void Dispose()
    {
        rsa?.Dispose();
        curve?.Dispose();
    }
}
