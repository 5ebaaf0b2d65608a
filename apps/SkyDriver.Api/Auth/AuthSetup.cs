using System.Net.Http.Headers;
using SkyDriver.Api.Http;
using SkyDriver.Hosting;

namespace SkyDriver.Api.Auth;

/// <summary>Lets in who may come in; the routes say who that is (<see cref="CallInfo.Roles"/>).</summary>
internal static partial class AuthSetup
{
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(10);
    private const int MaxProviderAnswer = 1 << 20;

    public static void AddAuth(this WebApplicationBuilder builder)
    {
        AuthOptions options = builder.AddSettings(AuthOptions.Read);
        if (options.Issuer is null) return;
        HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = ProviderTimeout, MaxResponseContentBufferSize = MaxProviderAnswer };
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<OpenIdKeys>(services, http)).AddSingleton<TokenValidator>();
    }

    /// <summary>Comes after routing.</summary>
    public static void UseAuth(this WebApplication app)
    {
        TokenValidator? tokens = app.Services.GetService<TokenValidator>();
        if (tokens is null) LogOff(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SkyDriver.Api.Auth"));
        app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<CallInfo>() is { Roles: not [] } info)
            {
                context.Features.Set(await AdmitAsync(context, info, tokens));
            }

            await next(context);
        });
    }

    private static async Task<Caller> AdmitAsync(HttpContext context, CallInfo info, TokenValidator? tokens)
    {
        if (tokens is null) return Caller.Anybody(info.Roles[0]);
        Caller caller;
        try
        {
            string token = Bearer(context.Request) ?? throw new TokenException("a bearer token is needed");
            caller = await tokens.ValidateAsync(token, context.RequestAborted);
        }
        catch (TokenException refused)
        {
            context.Response.Headers.WWWAuthenticate = context.Request.Headers.Authorization.Count == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";
            throw new ApiException(StatusCodes.Status401Unauthorized, $"authentication failed: {refused.Message}");
        }

        // Only the roles that this route is open to count here.
        HashSet<string> roles = [.. info.Roles.Where(caller.Roles.Contains)];
        if (roles.Count == 0) throw new ApiException(StatusCodes.Status403Forbidden, "authorization failed");
        return caller with { Roles = roles };
    }

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? value)
            && value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? value.Parameter : null;

    [LoggerMessage(1, LogLevel.Warning, "AUTHENTICATION IS OFF: whoever reaches this service may start, stop and read every scan. Set SKYDRIVER_AUTH_ISSUER to the address of an OpenID provider to switch it on.")]
    private static partial void LogOff(ILogger logger);
}
