using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SkyDriver.Hosting.Auth;

/// <summary>Tokens that let the workers of one scan in at the REST service, until they expire. Whoever has the key can make and judge them.</summary>
/// <remarks>Form: <c>skw1.SCAN.EXPIRES.MAC</c>: expiry in unix seconds, HMAC-SHA256 over everything before it, in base64url.</remarks>
public sealed class WorkerTokens
{
    /// <summary>Every token begins with it, which no JSON web token does.</summary>
    public const string Prefix = "skw1.";

    private const int LeastKeyLength = 32, MaxLength = 512;

    private readonly byte[] key;
    private readonly TimeSpan lifetime;
    private readonly TimeProvider clock;

    private WorkerTokens(string key, TimeSpan lifetime, TimeProvider clock) => (this.key, this.lifetime, this.clock) = (Encoding.UTF8.GetBytes(key), lifetime, clock);

    /// <summary>Reads the key and how long tokens last.</summary>
    /// <returns>Makes the tokens; null when no key is set, and then there are none.</returns>
    public static Func<TimeProvider, WorkerTokens>? Read(Settings settings)
    {
        const string Key = "SKYDRIVER_WORKER_KEY";
        string key = settings.Text(Key, "");
        TimeSpan lifetime = settings.Duration("SKYDRIVER_WORKER_TOKEN_LIFETIME", TimeSpan.FromDays(3), TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        if (key is { Length: > 0 and < LeastKeyLength }) settings.Refuse(Key, $"must have at least {LeastKeyLength} characters");
        return key == "" ? null : clock => new(key, lifetime, clock);
    }

    public string Mint(string scanId)
    {
        string body = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{scanId}.{(clock.GetUtcNow() + lifetime).ToUnixTimeSeconds()}");
        return $"{body}.{Base64Url.EncodeToString(Mac(body))}";
    }

    /// <summary>The scan that a token is for; false for one that is not ours or has expired.</summary>
    public bool TryJudge(string token, out string scanId, out DateTimeOffset expires)
    {
        (scanId, expires) = ("", default);
        if (token.Length > MaxLength || token.Split('.') is not [_, var scan, var seconds, var mac]) return false;
        // Before anything in it is looked at.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(mac), Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Mac(token[..token.LastIndexOf('.')]))))) return false;
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long end)) return false;
        (scanId, expires) = (scan, DateTimeOffset.FromUnixTimeSeconds(end));
        return token.StartsWith(Prefix, StringComparison.Ordinal) && expires > clock.GetUtcNow();
    }

    private byte[] Mac(string body) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body));
}

/// <summary>Gives a service the key.</summary>
public static class WorkerTokenSetup
{
    /// <summary>Adds <see cref="WorkerTokens"/>, where a key is set.</summary>
    /// <exception cref="SettingsException">The key or the lifetime is wrong.</exception>
    public static void AddWorkerTokens(this WebApplicationBuilder builder)
    {
        Settings settings = new(builder.Configuration);
        Func<TimeProvider, WorkerTokens>? tokens = WorkerTokens.Read(settings);
        settings.ThrowIfFaulty();
        if (tokens is not null) builder.Services.AddSingleton(services => tokens(services.GetRequiredService<TimeProvider>()));
    }
}
