using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>Finds the sidecar: configuration key, then environment variable, then the default. Endpoints beat ports.</summary>
internal static class DaprDefaults
{
    public const string ApiTokenKey = "DAPR_API_TOKEN";
    public const string AppTokenKey = "APP_API_TOKEN";
    public const string ApiTokenHeader = "dapr-api-token";

    /// <summary>Longest duration of one call that names no other; nothing may wait for ever.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);

    private const int DefaultHttpPort = 3500;
    private const int DefaultGrpcPort = 50001;

    public static string HttpEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, "DAPR_HTTP_ENDPOINT", "DAPR_HTTP_PORT", DefaultHttpPort);

    public static string GrpcEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, "DAPR_GRPC_ENDPOINT", "DAPR_GRPC_PORT", DefaultGrpcPort);

    /// <summary>The token callers of Dapr present; null when none is set.</summary>
    public static string? ApiToken(IConfiguration? configuration = null) => Value(configuration, ApiTokenKey);

    /// <summary>The token Dapr presents to the app; null when none is set.</summary>
    public static string? AppToken(IConfiguration? configuration = null) => Value(configuration, AppTokenKey);

    private static string Endpoint(IConfiguration? configuration, string endpointKey, string portKey, int defaultPort)
    {
        if (Value(configuration, endpointKey) is { } endpoint) return endpoint.TrimEnd('/');
        string? text = Value(configuration, portKey);
        int port = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : defaultPort;
        return $"http://127.0.0.1:{port}";
    }

    private static string? Value(IConfiguration? configuration, string key) =>
        configuration?[key] is { Length: > 0 } configured ? configured
        : Environment.GetEnvironmentVariable(key) is { Length: > 0 } set ? set
        : null;
}
