using Microsoft.AspNetCore.Http;

namespace SkyDriver.Grpc;

/// <summary>What a handler may know about the call it serves.</summary>
public sealed class GrpcServerCall
{
    internal GrpcServerCall(HttpContext context, CancellationToken cancelled, DateTimeOffset? deadline) =>
        (HttpContext, Cancelled, Deadline) = (context, cancelled, deadline);

    public HttpContext HttpContext { get; }

    /// <summary>Fires when the client gives up, the connection breaks or the deadline passes.</summary>
    public CancellationToken Cancelled { get; }

    /// <summary>When the client stops waiting; null when it did not say.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Metadata of the request by key, in any case; several values of one key are joined with commas.</summary>
    public string? Metadata(string key) => HttpContext.Request.Headers.TryGetValue(key, out var values) ? values.ToString() : null;
}
