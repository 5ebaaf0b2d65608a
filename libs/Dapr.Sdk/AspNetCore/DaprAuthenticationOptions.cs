using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dapr.AspNetCore;

/// <summary>Settings of the scheme that lets only the sidecar in.</summary>
public class DaprAuthenticationOptions : AuthenticationSchemeOptions
{
    internal const string DefaultScheme = "Dapr";

    /// <summary>The token expected in the header <c>dapr-api-token</c>; <c>APP_API_TOKEN</c> when null.</summary>
    public string? Token { get; set; }
}

/// <summary>Compares the token of a request with the one of the app.</summary>
internal sealed class DaprAuthenticationHandler(
    IOptionsMonitor<DaprAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<DaprAuthenticationOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (string.IsNullOrEmpty(Options.Token)) return AuthenticateResult.Fail("No token is set; set APP_API_TOKEN for the app and its sidecar.");
        string given = Request.Headers[DaprDefaults.ApiTokenHeader].ToString();
        if (given.Length == 0) return AuthenticateResult.NoResult();
        // Equal time for every wrong token, so that it cannot be guessed piece by piece.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Options.Token)))
        {
            return AuthenticateResult.Fail("The token is not the one of this app.");
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "Dapr")], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
