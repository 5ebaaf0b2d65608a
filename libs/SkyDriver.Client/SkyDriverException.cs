using System.Net;

namespace SkyDriver.Client;

/// <summary>The service answered with an error, or could not be reached.</summary>
/// <param name="statusCode">HTTP status; 0 when no answer came.</param>
public sealed class SkyDriverException(int statusCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int StatusCode { get; } = statusCode;

    public bool IsUnreachable => StatusCode == 0;

    public bool IsNotFound => StatusCode == 404;

    /// <summary>There is no token, or it is not good enough.</summary>
    public bool IsUnauthorized => StatusCode is 401 or 403;

    /// <summary>The same call may succeed later: no answer came, or one that says so.</summary>
    public bool IsPassing => IsUnreachable || (HttpStatusCode)StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
