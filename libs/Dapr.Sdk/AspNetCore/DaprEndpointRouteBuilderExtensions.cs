using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The route by which the sidecar learns what the app subscribes to.</summary>
public static class DaprEndpointRouteBuilderExtensions
{
    /// <summary>Serves <c>GET /dapr/subscribe</c> from the endpoints marked with topics.</summary>
    public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapSubscribeHandler(new SubscribeOptions());

    public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints, SubscribeOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapGet("dapr/subscribe", async context =>
        {
            var sources = context.RequestServices.GetRequiredService<EndpointDataSource>();
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Dapr.AspNetCore.Subscriptions");
            var subscriptions = SubscriptionListing.Create(sources.Endpoints.OfType<RouteEndpoint>(), options, logger);
            await context.Response.WriteAsJsonAsync(subscriptions, SubscriptionListing.Json, context.RequestAborted);
        });
    }
}
