using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>Remembers for a while what a request became, so that a repeat finds it instead of making another.</summary>
/// <remarks>Clients repeat a request whose answer they did not hear, also one that was carried out.</remarks>
internal sealed class LaunchClaims(StateStore store, ApiOptions options, TimeProvider clock)
{
    private const int MaxKeyLength = 255;

    /// <param name="caller">The same request of somebody else is another one.</param>
    /// <param name="operation">What is asked for; requests of different operations are never repeats.</param>
    /// <param name="content">Everything that makes the request what it is.</param>
    /// <param name="key">The caller's own name for the request, or null.</param>
    /// <returns>The id of what the request becomes: a new one, or that of the request it repeats.</returns>
    /// <exception cref="ApiException">The key was used for another request, or is none.</exception>
    public async Task<string> ClaimAsync(string caller, string operation, string content, string? key, CancellationToken cancellationToken)
    {
        if (key is { Length: 0 or > MaxKeyLength }) throw new ApiException(StatusCodes.Status400BadRequest, $"the Idempotency-Key must have 1 to {MaxKeyLength} characters");
        content = Hash(content);
        TimeSpan window = key is null ? options.RepeatWindow : options.KeyWindow;
        string stateKey = StateKeys.Launch(Hash($"{caller}\n{operation}\n{(key is null ? "content " + content : "key " + key)}"));
        while (true)
        {
            DateTimeOffset now = clock.GetUtcNow();
            (LaunchClaim? claimed, string etag) = await store.GetWithETagAsync<LaunchClaim>(stateKey, cancellationToken);
            // Not every store lets go of what is too old.
            if (claimed is not null && now - DateTimeOffset.FromUnixTimeMilliseconds(claimed.MadeMs) < window)
            {
                return claimed.Content == content ? claimed.Id : throw new ApiException(StatusCodes.Status400BadRequest, "the Idempotency-Key was used for another request; give a new one");
            }

            LaunchClaim claim = new(ScanId.Create(now), content, now.ToUnixTimeMilliseconds());
            if (await store.TrySaveAsync(stateKey, claim, etag, window, cancellationToken)) return claim.Id;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record LaunchClaim(
        [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("content")] string Content, [property: JsonPropertyName("made_ms")] long MadeMs);
}
