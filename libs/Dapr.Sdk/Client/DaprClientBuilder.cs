using System.Text.Json;
using Microsoft.Extensions.Configuration;
using SkyDriver.Grpc;

namespace Dapr.Client;

/// <summary>Settings of a <see cref="DaprClient"/>; what is not set comes from the environment.</summary>
public sealed class DaprClientBuilder
{
    private string _httpEndpoint;
    private string _grpcEndpoint;
    private string? _apiToken;
    private TimeSpan _timeout = DaprDefaults.CallTimeout;
    private JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public DaprClientBuilder() : this(null)
    {
    }

    internal DaprClientBuilder(IConfiguration? configuration)
    {
        _httpEndpoint = DaprDefaults.HttpEndpoint(configuration);
        _grpcEndpoint = DaprDefaults.GrpcEndpoint(configuration);
        _apiToken = DaprDefaults.ApiToken(configuration);
    }

    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        _httpEndpoint = httpEndpoint.TrimEnd('/');
        return this;
    }

    public DaprClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        _grpcEndpoint = grpcEndpoint.TrimEnd('/');
        return this;
    }

    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _json = options;
        return this;
    }

    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        _apiToken = apiToken;
        return this;
    }

    /// <summary>Longest duration of one call, HTTP or gRPC; 100 seconds unless set.</summary>
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        _timeout = timeout;
        return this;
    }

    /// <exception cref="InvalidOperationException">An endpoint is no http or https address.</exception>
    public DaprClient Build()
    {
        Require(_httpEndpoint, "HTTP");
        Require(_grpcEndpoint, "gRPC");
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { Timeout = _timeout };
        if (!string.IsNullOrEmpty(_apiToken)) http.DefaultRequestHeaders.Add(DaprDefaults.ApiTokenHeader, _apiToken);
        var grpc = new GrpcConnection(_grpcEndpoint, new GrpcConnectionOptions { ApiToken = _apiToken, UnaryDeadline = _timeout });
        return new DaprClientGrpc(grpc, http, _httpEndpoint, _apiToken, _json);
    }

    private static void Require(string endpoint, string kind)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException($"The {kind} endpoint '{endpoint}' of Dapr must be an http or https address.");
        }
    }
}
