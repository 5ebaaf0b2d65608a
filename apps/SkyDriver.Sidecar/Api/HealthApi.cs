using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Api;

internal static class HealthApi
{
    public static void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/healthz", (RequestDelegate)Ready);
        routes.MapGet("/v1.0/healthz/outbound", (RequestDelegate)OutboundReady);
    }

    private static Task Ready(HttpContext context)
    {
        InstanceSidecar sidecar = context.Sidecar();
        if (context.Request.Query["appid"].ToString() is { Length: > 0 } asked && asked != sidecar.Instance.AppId) throw DaprErrors.WrongAppId(asked);
        return sidecar.IsReady ? context.WriteNothing() : throw DaprErrors.NotReady("the app is not listening yet, or a component is not ready");
    }

    private static Task OutboundReady(HttpContext context) =>
        context.Sidecar().IsOutboundReady ? context.WriteNothing() : throw DaprErrors.OutboundNotReady("a component is not ready");
}
