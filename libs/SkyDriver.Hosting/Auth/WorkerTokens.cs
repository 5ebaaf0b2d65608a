using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SkyDriver.Hosting.Auth;

/// <summary>Tokens that let the workers of one scan in at the REST service, until they expire. Whoever has the key can make and judge them.</summary>
/// <remarks>
/// Form: <c>skw1.SCAN.EXPIRES.MAC</c>, or <c>skw1.SCAN@WORKER.EXPIRES.MAC</c> for one worker of the fleet: expiry in unix seconds, HMAC-SHA256
/// over everything before it, in base64url. The name of a batch that is no scan stands there percent-encoded.
/// </remarks>
public sealed class WorkerTokens
{
    /// <summary>Every token begins with it, which no JSON web token does.</summary>
    public const string Prefix = "skw1.";

    private const int LeastKeyLength = 32, MaxLength = 1024;

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

    /// <param name="scanId">The scan, or the batch of tasks.</param>
    /// <param name="worker">Number of the one worker that it is for; null for whoever has it.</param>
    public string Mint(string scanId, long? worker = null)
    {
        string whose = worker is { } id ? string.Create(CultureInfo.InvariantCulture, $"@{id}") : "";
        string body = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Uri.EscapeDataString(scanId)}{whose}.{(clock.GetUtcNow() + lifetime).ToUnixTimeSeconds()}");
        return $"{body}.{Base64Url.EncodeToString(Mac(body))}";
    }

    /// <summary>A token of which so little is left that its worker had better get another.</summary>
    public bool IsOld(DateTimeOffset expires) => expires - clock.GetUtcNow() < lifetime / 2;

    /// <summary>What a token is for; null for one that is not ours or has expired.</summary>
    public WorkerPass? Judge(string token)
    {
        int last = token.LastIndexOf('.'), before = last > 0 ? token.LastIndexOf('.', last - 1) : -1;
        if (token.Length > MaxLength || before < Prefix.Length || !token.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        string whose = token[Prefix.Length..before], seconds = token[(before + 1)..last], mac = token[(last + 1)..];
        // Before anything in it is looked at.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(mac), Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Mac(token[..last]))))) return null;
        string[] names = whose.Split('@');
        long worker = 0;
        bool isWhole = names.Length == 1 || (names.Length == 2 && long.TryParse(names[1], NumberStyles.None, CultureInfo.InvariantCulture, out worker));
        if (!isWhole || !long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long end)) return null;
        DateTimeOffset expires = DateTimeOffset.FromUnixTimeSeconds(end);
        return expires > clock.GetUtcNow() ? new(Uri.UnescapeDataString(names[0]), names.Length == 2 ? worker : null, expires) : null;
    }

    private byte[] Mac(string body) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body));
}

/// <summary>What a good token is for.</summary>
/// <param name="Worker">The one worker of the fleet that it is for; null for any of the scan's.</param>
public sealed record WorkerPass(string ScanId, long? Worker, DateTimeOffset Expires);

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
