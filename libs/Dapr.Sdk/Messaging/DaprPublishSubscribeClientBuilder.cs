using Microsoft.Extensions.Configuration;
using SkyDriver.Grpc;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>Settings of a <see cref="DaprPublishSubscribeClient"/>; what is not set comes from the environment.</summary>
public sealed class DaprPublishSubscribeClientBuilder
{
    private string _endpoint;
    private string? _apiToken;

    public DaprPublishSubscribeClientBuilder(IConfiguration? configuration = null)
    {
        _endpoint = DaprDefaults.GrpcEndpoint(configuration);
        _apiToken = DaprDefaults.ApiToken(configuration);
    }

    public DaprPublishSubscribeClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        _endpoint = grpcEndpoint;
        return this;
    }

    public DaprPublishSubscribeClientBuilder UseDaprApiToken(string apiToken)
    {
        _apiToken = apiToken;
        return this;
    }

    public DaprPublishSubscribeClient Build() =>
        new StreamingSubscribeClient(new GrpcConnection(_endpoint, new GrpcConnectionOptions { ApiToken = _apiToken }));
}
