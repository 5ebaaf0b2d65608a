namespace SkyDriver.Client;

/// <summary>The service answered with an error, or could not be reached.</summary>
/// <param name="statusCode">HTTP status; 0 when no answer came.</param>
public sealed class SkyDriverException(int statusCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int StatusCode { get; } = statusCode;

    public bool IsUnreachable => StatusCode == 0;

    public bool IsNotFound => StatusCode == 404;
}
