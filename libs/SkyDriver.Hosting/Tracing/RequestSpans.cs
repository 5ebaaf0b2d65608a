using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace SkyDriver.Hosting.Tracing;

/// <summary>Gives the framework's spans of requests their names, and keeps those out that only drown the rest.</summary>
internal sealed class RequestSpans : IStartupFilter
{
    /// <summary>Asked every few seconds for ever.</summary>
    private static readonly string[] Noise = ["/healthz", "/metrics", "/dapr/"];

    /// <summary>What sidecars and workers call: part of a trace when somebody caused it, else a clock's tick, a question for work or a message whose own context counts.</summary>
    private static readonly string[] Inner = ["/actors/", "/pixels", "/recos", "/messages/", "/lifecycles/", "/worker/"];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(NameAsync);
        next(app);
    };

    private static async Task NameAsync(HttpContext context, RequestDelegate next)
    {
        Activity? span = context.Features.Get<IHttpActivityFeature>()?.Activity;
        string path = context.Request.Path.Value ?? "";
        if (span is null || Begins(path, Noise) || (span.ParentId is null && Begins(path, Inner))) span?.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        try
        {
            await next(context);
        }
        finally
        {
            if (span is { Recorded: true }) Name(span, context, path);
        }
    }

    private static void Name(Activity span, HttpContext context, string path)
    {
        string method = context.Request.Method;
        string? route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        span.DisplayName = path.Split('/') is ["", "actors", { } type, { } id, "method", .. { } call] ? ActorCall(span, type, id, call) : $"{method} {route ?? "elsewhere"}";
        span.SetTag("http.request.method", method).SetTag("http.response.status_code", context.Response.StatusCode);
        if (route is not null) span.SetTag("http.route", route);
        if (context.GetRouteValue("id") is string scan && path.StartsWith("/scan/", StringComparison.Ordinal)) span.SetTag(SkyDriverTracing.ScanId, scan);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError) span.SetStatus(ActivityStatusCode.Error);
    }

    private static string ActorCall(Activity span, string type, string id, string[] call)
    {
        span.SetTag("dapr.actor.type", type).SetTag("dapr.actor.id", Uri.UnescapeDataString(id));
        return $"{type}.{string.Join('/', call)}";
    }

    private static bool Begins(string path, string[] any) => any.Any(start => path.StartsWith(start, StringComparison.Ordinal));
}
