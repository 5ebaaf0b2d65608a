using SkyDriver.Client;

namespace SkyDriver.Cli.Login;

/// <summary>Tokens of an earlier login, renewed when they run out; new refresh tokens are kept as they come.</summary>
internal sealed class StoredTokens(CredentialFile file, Uri server, OpenIdClient provider, TimeProvider clock) : IBearerTokens, IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1);

    public async ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Read each time: another command may have renewed it.
            if (file.Find(server) is not { } known) return null;
            bool isGood = known.Expires - Margin > clock.GetUtcNow() && known.AccessToken != refused;
            if (isGood || known.RefreshToken is null) return known.AccessToken;
            if (await provider.RefreshAsync(known, cancellationToken) is not { } fresh)
            {
                // A refresh token is good once: another command may have used it just before.
                return file.Find(server) is { } other && other.AccessToken != known.AccessToken ? other.AccessToken : throw new SkyDriverException(401, "The login is over.");
            }

            Credential renewed = Of(known.Issuer, known.TokenEndpoint, known.ClientId, fresh, clock) with { RefreshToken = fresh.RefreshToken ?? known.RefreshToken };
            file.Save(server, renewed);
            return renewed.AccessToken;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    public static Credential Of(string issuer, string tokenEndpoint, string clientId, TokenAnswer answer, TimeProvider clock) =>
        new(issuer, tokenEndpoint, clientId, answer.RefreshToken, answer.AccessToken!, clock.GetUtcNow() + TimeSpan.FromSeconds(answer.ExpiresIn ?? 300));
}
