using System.Text.Json;
using SkyDriver.Api.Http;

namespace SkyDriver.Api.Auth;

/// <summary>The provider's signing keys, found by OpenID discovery and kept for a while.</summary>
/// <param name="http">Sets time and size limits.</param>
internal sealed partial class OpenIdKeys(HttpClient http, AuthOptions options, TimeProvider clock, ILogger<OpenIdKeys> logger) : IDisposable
{
    /// <summary>Keys are asked for again after this time, so that withdrawn ones go.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>While the provider is away its last keys count for this long.</summary>
    internal static readonly TimeSpan LongestAbsence = TimeSpan.FromHours(24);

    /// <summary>A token with an unknown key makes the service ask again, but not more often than this: anybody can make such tokens.</summary>
    internal static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PauseWithoutKeys = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _asking = new(1);
    private KeySet? _known;
    private DateTimeOffset _asked = DateTimeOffset.MinValue;

    /// <summary>Keys that may have signed a token.</summary>
    /// <param name="keyId">As the token's header names it, or null.</param>
    /// <exception cref="ApiException">503: no keys are known and the provider does not give any.</exception>
    public async Task<IReadOnlyList<SigningKey>> FindAsync(string? keyId, string algorithm, CancellationToken cancellationToken)
    {
        KeySet keys = _known is { } known && clock.GetUtcNow() - known.Fetched < Lifetime ? known : await RefreshAsync(_known, cancellationToken);
        IReadOnlyList<SigningKey> fitting = keys.Fitting(keyId, algorithm);
        // The provider may have a new key since.
        return fitting is [] ? (await RefreshAsync(keys, cancellationToken)).Fitting(keyId, algorithm) : fitting;
    }

    public void Dispose() => _asking.Dispose();

    private async Task<KeySet> RefreshAsync(KeySet? seen, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            // Somebody else asked meanwhile.
            if (_known is { } known && known != seen) return known;
            DateTimeOffset now = clock.GetUtcNow();
            if (_known is not null && now - _asked < ShortestPause) return _known;
            if (now - _asked < PauseWithoutKeys) throw Away();
            _asked = now;
            try
            {
                // The former keys are not disposed of: other requests may be using them.
                return _known = await FetchAsync(now, cancellationToken);
            }
            catch (Exception away) when (away is HttpRequestException or JsonException or InvalidDataException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                LogAway(options.Issuer, away.Message);
                if (_known is { } last && now - last.Fetched < LongestAbsence) return last;
                throw Away();
            }
        }
        finally
        {
            _asking.Release();
        }
    }

    private static ApiException Away() => new(StatusCodes.Status503ServiceUnavailable, "the identity provider does not answer; try again");

    private async Task<KeySet> FetchAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        using JsonDocument configuration = await GetAsync($"{options.Issuer!.TrimEnd('/')}/.well-known/openid-configuration", cancellationToken);
        if (Member(configuration, "issuer") is not { ValueKind: JsonValueKind.String } issuer || issuer.GetString() != options.Issuer)
            throw new InvalidDataException("Its configuration names another issuer.");
        if (Member(configuration, "jwks_uri") is not { ValueKind: JsonValueKind.String } address || !Uri.TryCreate(address.GetString(), UriKind.Absolute, out Uri? keys)
            || keys.Scheme != new Uri(options.Issuer).Scheme)
            throw new InvalidDataException("Its configuration has no usable jwks_uri.");
        using JsonDocument set = await GetAsync(keys.ToString(), cancellationToken);
        if (Member(set, "keys") is not { ValueKind: JsonValueKind.Array } list) throw new InvalidDataException("Its key set has no keys.");
        return new([.. list.EnumerateArray().Select(SigningKey.TryRead).OfType<SigningKey>()], now);
    }

    private async Task<JsonDocument> GetAsync(string address, CancellationToken cancellationToken) =>
        JsonDocument.Parse(await http.GetByteArrayAsync(address, cancellationToken));

    private static JsonElement? Member(JsonDocument document, string name) =>
        document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty(name, out JsonElement value) ? value : null;

    [LoggerMessage(1, LogLevel.Warning, "the identity provider {Issuer} gave no keys: {Reason}")]
    private partial void LogAway(string? issuer, string reason);

    private sealed record KeySet(IReadOnlyList<SigningKey> Keys, DateTimeOffset Fetched)
    {
        public IReadOnlyList<SigningKey> Fitting(string? keyId, string algorithm) =>
            [.. Keys.Where(key => key.Fits(algorithm) && (keyId is null || key.Id is null || key.Id == keyId))];
    }
}
