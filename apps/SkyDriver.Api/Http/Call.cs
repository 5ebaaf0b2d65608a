using Microsoft.AspNetCore.Http.Features;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Scans;

namespace SkyDriver.Api.Http;

/// <summary>One request whose caller and arguments are known.</summary>
internal sealed record Call(HttpContext Http, CallInfo Info, Caller Caller, Arguments Arguments)
{
    /// <summary>The scan that the path names.</summary>
    public string ScanId => Http.GetRouteValue("id") as string ?? "";

    /// <summary>Ends when the client hangs up.</summary>
    public CancellationToken Aborted => Http.RequestAborted;

    /// <exception cref="ApiException">Any argument was missing or wrong.</exception>
    public void ThrowIfFaulty() => Arguments.ThrowIfFaulty();
}

/// <summary>Maps routes to handlers that get a <see cref="Call"/>.</summary>
internal static class CallRoutes
{
    /// <summary>A GET also answers HEAD.</summary>
    public static void MapCall(this IEndpointRouteBuilder routes, string method, string path, CallInfo info, Func<Call, Task<IResult>> handler)
    {
        string[] methods = method == HttpMethods.Get ? [HttpMethods.Get, HttpMethods.Head] : [method];
        Delegate dispatch = (HttpContext http) => DispatchAsync(http, info, handler);
        RouteHandlerBuilder route = routes.MapMethods(path, methods, dispatch).WithMetadata(info);
        if (info.Waits) route.DisableRateLimiting();
    }

    private static async Task<IResult> DispatchAsync(HttpContext http, CallInfo info, Func<Call, Task<IResult>> handler)
    {
        if (http.GetRouteValue("id") is string id && !ScanIds.IsWellFormed(id)) throw ScanIds.Unknown();
        Caller caller = http.Features.GetRequiredFeature<Caller>();
        Arguments arguments = info.StreamsBody ? Arguments.OfQuery(http.Request) : await Arguments.ReadAsync(http.Request);
        // A GET with a body is a hand-written client's; what it does not know it may say.
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method)) arguments.RefuseUnknown(info.KnownNames);
        Call call = new(http, info, caller, arguments);
        return info.Redirects && await Redirects.OfAsync(call) is { } elsewhere ? elsewhere : await handler(call);
    }
}
