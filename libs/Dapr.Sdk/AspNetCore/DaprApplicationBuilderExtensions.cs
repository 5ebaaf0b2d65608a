using Dapr;
using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Middleware for deliveries of Dapr.</summary>
public static class DaprApplicationBuilderExtensions
{
    /// <summary>Unwraps CloudEvents deliveries. Place it before routing.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder) =>
        builder.UseCloudEvents(new CloudEventsMiddlewareOptions());

    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder, CloudEventsMiddlewareOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.UseMiddleware<CloudEventsMiddleware>(options);
    }
}
