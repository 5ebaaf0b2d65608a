using System.Threading.RateLimiting;
using SkyDriver.Hosting;

namespace SkyDriver.Api.Http;

/// <param name="AtOnce">Requests that are worked on at the same time.</param>
/// <param name="Waiting">Requests that wait for their turn; more are asked to come back.</param>
internal sealed record RequestLimitOptions(int AtOnce, int Waiting)
{
    public static RequestLimitOptions Read(Settings settings) =>
        new(settings.Integer("SKYDRIVER_REQUESTS_AT_ONCE", 256, 1, 100_000), settings.Integer("SKYDRIVER_REQUESTS_WAITING", 2048, 0, 1_000_000));
}

/// <summary>A service that is asked for too much at once says so at once, rather than to all of them much too late.</summary>
/// <remarks>Requests that only wait, such as event streams and heartbeats, are not counted, nor are probes of health.</remarks>
internal static class RequestLimit
{
    public static void AddRequestLimit(this WebApplicationBuilder builder)
    {
        RequestLimitOptions options = builder.AddSettings(RequestLimitOptions.Read);
        builder.Services.AddRateLimiter(limiter =>
        {
            ConcurrencyLimiterOptions limit = new() { PermitLimit = options.AtOnce, QueueLimit = options.Waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                context.GetEndpoint()?.Metadata.GetMetadata<CallInfo>() is null ? RateLimitPartition.GetNoLimiter("other") : RateLimitPartition.GetConcurrencyLimiter("calls", _ => limit));
            // Answered in the form of every other error.
            limiter.OnRejected = (_, _) => throw new ApiException(StatusCodes.Status503ServiceUnavailable, "the service has too much to do at once; try again");
        });
    }
}
