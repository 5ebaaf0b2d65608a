using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Hosting.Auth;

/// <summary>Tells a service's own sidecar from whoever else reaches its port, and must not make up messages or calls of actors.</summary>
/// <remarks>
/// By <c>APP_API_TOKEN</c>, which Dapr's sidecars show in <c>dapr-api-token</c>; without one by the address, as a sidecar shares its app's
/// loopback. The answer is 403 and never 404, by which Dapr would take a message for dealt with and forget it.
/// </remarks>
public sealed partial class SidecarCalls(IConfiguration configuration, ILogger<SidecarCalls> logger)
{
    private const string Header = "dapr-api-token";

    // Of digests, which have one length: comparing texts would tell that of the token.
    private readonly byte[]? token = configuration["APP_API_TOKEN"] is { Length: > 0 } text ? Digest(text) : null;
    private int refused;

    /// <returns>What to answer to a caller that is not the sidecar; null for the sidecar.</returns>
    internal IResult? Refuse(HttpContext context)
    {
        if (IsSidecar(context)) return null;
        // Once: a stranger must not fill the log.
        if (Interlocked.Exchange(ref refused, 1) == 0) LogRefused(context.Connection.RemoteIpAddress, token is null ? "it is not on this machine, and no APP_API_TOKEN is set" : "it does not show the APP_API_TOKEN of this service");
        return Results.Json(new { code = StatusCodes.Status403Forbidden, error = "this is for the service's own sidecar; give both the same APP_API_TOKEN" }, statusCode: StatusCodes.Status403Forbidden);
    }

    private bool IsSidecar(HttpContext context) => token is not null
        ? context.Request.Headers[Header] is [{ } given] && CryptographicOperations.FixedTimeEquals(Digest(given), token)
        : context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [LoggerMessage(1, LogLevel.Warning, "A call from {Address} was refused: {Reason}. Further ones are not logged.")]
    private partial void LogRefused(IPAddress? address, string reason);
}

/// <summary>Puts <see cref="SidecarCalls"/> before routes.</summary>
public static class SidecarGuard
{
    /// <summary>For a service that only its sidecar calls: everything but probes and metrics is closed to others.</summary>
    public static void UseSidecarOnly(this WebApplication app)
    {
        SidecarCalls calls = app.Services.GetRequiredService<SidecarCalls>();
        app.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null && calls.Refuse(context) is { } refusal
            ? refusal.ExecuteAsync(context)
            : next(context));
    }

    /// <summary>For single routes of a service that others call, too.</summary>
    public static RouteHandlerBuilder ForSidecarOnly(this RouteHandlerBuilder route) => route.AddEndpointFilter(async (invocation, next) =>
        invocation.HttpContext.RequestServices.GetRequiredService<SidecarCalls>().Refuse(invocation.HttpContext) is { } refusal ? refusal : await next(invocation));
}
