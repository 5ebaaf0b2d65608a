using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Cli.Login;

/// <summary>What a provider says of itself.</summary>
internal sealed record ProviderDocument(
    [property: JsonPropertyName("issuer")] string? Issuer,
    [property: JsonPropertyName("token_endpoint")] string? TokenEndpoint,
    [property: JsonPropertyName("device_authorization_endpoint")] string? DeviceEndpoint);

/// <summary>What a service says of who may call it (RFC 9728).</summary>
internal sealed record ProtectedResource([property: JsonPropertyName("authorization_servers")] IReadOnlyList<string>? Issuers);

/// <summary>What the person is to open and type.</summary>
internal sealed record DeviceCode(
    [property: JsonPropertyName("device_code")] string Code,
    [property: JsonPropertyName("user_code")] string UserCode,
    [property: JsonPropertyName("verification_uri")] string Address,
    [property: JsonPropertyName("verification_uri_complete")] string? CompleteAddress,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("interval")] int? Interval);

internal sealed record TokenAnswer(
    [property: JsonPropertyName("access_token")] string? AccessToken,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("expires_in")] int? ExpiresIn,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("error_description")] string? Description);

/// <summary>OAuth2 as a public client: the device grant with PKCE, and new access tokens by refresh token.</summary>
internal sealed class OpenIdClient(HttpClient http, TimeProvider clock)
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const int MaxAnswerBytes = 1 << 20;
    private static readonly TimeSpan SlowDown = TimeSpan.FromSeconds(5);

    /// <summary>Asks a service whose tokens it takes.</summary>
    /// <exception cref="CommandException">It takes none, or does not say.</exception>
    public async Task<string> FindIssuerAsync(Uri service, CancellationToken cancellationToken)
    {
        Uri place = new(service, "/.well-known/oauth-protected-resource");
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(place, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
                if ((await JsonSerializer.DeserializeAsync<ProtectedResource>(await answer.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken))?.Issuers is [{ } issuer, ..]) return issuer;
            }

            throw CommandException.Usage($"--issuer: the service at {service} names no OpenID provider. Either it asks for no login, or it is older; then give the provider's address.");
        }
        catch (JsonException)
        {
            throw CommandException.Usage($"--issuer: what answers at {place} is no SkyDriver service; check --server, or give the provider's address.");
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            throw new CommandException(ExitCodes.Unreachable, $"The service at {service} cannot be reached: {lost.Message} Check --server and the network.", lost);
        }
    }

    /// <exception cref="CommandException">The provider is away, is none, or cannot do this.</exception>
    public async Task<ProviderDocument> DiscoverAsync(Uri issuer, CancellationToken cancellationToken)
    {
        if (issuer.Scheme != Uri.UriSchemeHttps && !issuer.IsLoopback) throw CommandException.Usage($"--issuer: '{issuer}' must be https; tokens must not travel in the clear.");
        ProviderDocument provider = await AskAsync<ProviderDocument>(new(HttpMethod.Get, $"{issuer.ToString().TrimEnd('/')}/.well-known/openid-configuration"), cancellationToken);
        if (provider.Issuer?.TrimEnd('/') != issuer.ToString().TrimEnd('/')) throw new CommandException(ExitCodes.Failed, $"The provider at {issuer} calls itself '{provider.Issuer}'; check --issuer.");
        foreach (string? endpoint in new[] { provider.TokenEndpoint, provider.DeviceEndpoint })
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback))
                throw new CommandException(ExitCodes.Failed, $"The provider at {issuer} offers no device login over https.");
        }

        return provider;
    }

    /// <summary>Lets a person log in elsewhere, and waits for it.</summary>
    /// <param name="show">Tells the person where to go.</param>
    public async Task<TokenAnswer> LogInAsync(ProviderDocument provider, string clientId, string scope, Action<DeviceCode> show, CancellationToken cancellationToken)
    {
        string verifier = Base64Url(RandomNumberGenerator.GetBytes(32));
        DeviceCode device = await PostAsync<DeviceCode>(provider.DeviceEndpoint!, new()
        {
            ["client_id"] = clientId,
            ["scope"] = scope,
            ["code_challenge"] = Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }, cancellationToken);
        show(device);
        TimeSpan pause = TimeSpan.FromSeconds(Math.Clamp(device.Interval ?? 5, 1, 60));
        DateTimeOffset end = clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(device.ExpiresIn, 1, 3600));
        while (clock.GetUtcNow() + pause < end)
        {
            await Task.Delay(pause, clock, cancellationToken);
            TokenAnswer answer;
            try
            {
                answer = await PostAsync<TokenAnswer>(provider.TokenEndpoint!, new() { ["grant_type"] = DeviceGrant, ["device_code"] = device.Code, ["client_id"] = clientId, ["code_verifier"] = verifier }, cancellationToken);
            }
            catch (CommandException away) when (away.ExitCode == ExitCodes.Unreachable)
            {
                // The person may be typing the code right now.
                pause += SlowDown;
                continue;
            }

            if (answer.AccessToken is not null) return answer;
            switch (answer.Error)
            {
                case "authorization_pending": break;
                case "slow_down": pause += SlowDown; break;
                case "access_denied": throw new CommandException(ExitCodes.Unauthorized, "The login was refused there.");
                case "expired_token": end = clock.GetUtcNow(); break;
                default: throw new CommandException(ExitCodes.Failed, $"The provider ended the login: {answer.Error} {answer.Description}".TrimEnd());
            }
        }

        throw new CommandException(ExitCodes.Unauthorized, "The code expired before anybody logged in with it; try again.");
    }

    /// <summary>A new access token; null when the refresh token is no longer good.</summary>
    public async Task<TokenAnswer?> RefreshAsync(Credential credential, CancellationToken cancellationToken)
    {
        TokenAnswer answer = await PostAsync<TokenAnswer>(credential.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = credential.RefreshToken!, ["client_id"] = credential.ClientId }, cancellationToken);
        return answer.AccessToken is null ? null : answer;
    }

    private Task<T> PostAsync<T>(string address, Dictionary<string, string> form, CancellationToken cancellationToken) =>
        AskAsync<T>(new(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) }, cancellationToken);

    private async Task<T> AskAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string where = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        try
        {
            using (request)
            {
                using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if ((int)response.StatusCode >= 500) throw new CommandException(ExitCodes.Unreachable, $"The provider at {where} answered with status {(int)response.StatusCode}; try again later.");
                // The provider's refusals are documents too, with status 400.
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
                if (await JsonSerializer.DeserializeAsync<T>(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken) is { } answer && (response.IsSuccessStatusCode || answer is TokenAnswer)) return answer;
                throw new CommandException(ExitCodes.Failed, $"The provider at {where} answered with status {(int)response.StatusCode}; is the client id known there, and may it use the device login?");
            }
        }
        catch (JsonException other)
        {
            throw new CommandException(ExitCodes.Failed, $"What answers at {where} is no OpenID provider; check --issuer.", other);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            throw new CommandException(ExitCodes.Unreachable, $"The provider at {where} cannot be reached: {lost.Message} Check --issuer and the network.", lost);
        }
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
