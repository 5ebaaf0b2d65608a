using System.Net.Http.Headers;
using SkyDriver.Api.Http;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Auth;

namespace SkyDriver.Api.Auth;

/// <summary>Lets in who may come in; the routes say who that is (<see cref="CallInfo.Roles"/>).</summary>
internal static partial class AuthSetup
{
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(10);
    private const int MaxProviderAnswer = 1 << 20;

    public static void AddAuth(this WebApplicationBuilder builder)
    {
        AuthOptions options = builder.AddSettings(AuthOptions.Read);
        builder.AddWorkerTokens();
        if (options is { Issuer: null, IsAnonymousMeant: false }) builder.Services.AddHostedService<LoopbackOnly>();
        if (options.Issuer is null) return;
        HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = ProviderTimeout, MaxResponseContentBufferSize = MaxProviderAnswer };
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<OpenIdKeys>(services, http)).AddSingleton<TokenValidator>();
    }

    /// <summary>Comes after routing.</summary>
    public static void UseAuth(this WebApplication app)
    {
        TokenValidator? tokens = app.Services.GetService<TokenValidator>();
        WorkerTokens? workers = app.Services.GetService<WorkerTokens>();
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SkyDriver.Api.Auth");
        if (tokens is null) LogOff(log);
        else if (workers is null) LogNoWorkers(log);
        app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<CallInfo>() is { Roles: not [] } info)
            {
                context.Features.Set(await AdmitAsync(context, info, tokens, workers));
            }

            await next(context);
        });
    }

    /// <summary>Says whose tokens are taken, to everybody, so that a login needs nothing but the address of this service (RFC 9728).</summary>
    public static void MapAuth(this WebApplication app)
    {
        AuthOptions options = app.Services.GetRequiredService<AuthOptions>();
        app.MapGet("/.well-known/oauth-protected-resource", (HttpRequest request) => options.Issuer is { } issuer
            ? Results.Json(new { resource = $"{request.Scheme}://{request.Host}", authorization_servers = new[] { issuer }, bearer_methods_supported = new[] { "header" } })
            : throw ApiException.NotFound("authentication is off; nobody needs to log in")).ExcludeFromDescription();
    }

    private static async Task<Caller> AdmitAsync(HttpContext context, CallInfo info, TokenValidator? tokens, WorkerTokens? workers)
    {
        if (tokens is null) return Caller.Anybody(info.Roles[0]);
        Caller caller;
        try
        {
            string token = Bearer(context.Request) ?? throw new TokenException("a bearer token is needed");
            caller = token.StartsWith(WorkerTokens.Prefix, StringComparison.Ordinal) ? WorkerOf(token, workers) : await tokens.ValidateAsync(token, context.RequestAborted);
        }
        catch (TokenException refused)
        {
            context.Response.Headers.WWWAuthenticate = context.Request.Headers.Authorization.Count == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";
            throw new ApiException(StatusCodes.Status401Unauthorized, $"authentication failed: {refused.Message}");
        }

        // Only the roles that this route is open to count here.
        HashSet<string> roles = [.. info.Roles.Where(caller.Roles.Contains)];
        // Routes of the fleet have no scan in their path; those that workers may use look for themselves (WorkerAccess).
        bool isElsewhere = caller.OnlyScan is { } scan && !info.IsFleet && context.GetRouteValue("id") as string != scan;
        if (roles.Count == 0 || isElsewhere) throw new ApiException(StatusCodes.Status403Forbidden, "authorization failed");
        return caller with { Roles = roles };
    }

    private static Caller WorkerOf(string token, WorkerTokens? workers)
    {
        WorkerPass pass = workers?.Judge(token) ?? throw new TokenException("the worker's token is not this service's, or has expired");
        return new($"worker of {pass.ScanId}", new HashSet<string> { Role.Worker }, pass.Expires, pass.ScanId, pass.Worker);
    }

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? value)
            && value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? value.Parameter : null;

    [LoggerMessage(2, LogLevel.Warning, "No worker can come in, as SKYDRIVER_WORKER_KEY is not set. Give this service and the orchestrator the same secret of at least 32 characters.")]
    private static partial void LogNoWorkers(ILogger logger);

    [LoggerMessage(1, LogLevel.Warning, "AUTHENTICATION IS OFF: whoever reaches this service may start, stop and read every scan. Set SKYDRIVER_AUTH_ISSUER to the address of an OpenID provider to switch it on.")]
    private static partial void LogOff(ILogger logger);
}
