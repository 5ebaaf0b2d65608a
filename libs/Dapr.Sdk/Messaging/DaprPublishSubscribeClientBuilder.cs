using Dapr.Common;
using Microsoft.Extensions.Configuration;
using SkyDriver.Grpc;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>Settings of a <see cref="DaprPublishSubscribeClient"/>.</summary>
public sealed class DaprPublishSubscribeClientBuilder(IConfiguration? configuration = null)
    : DaprGenericClientBuilder<DaprPublishSubscribeClient>(configuration)
{
    public override DaprPublishSubscribeClient Build() => new StreamingSubscribeClient(
        new GrpcConnection(GrpcEndpoint, new GrpcConnectionOptions { ApiToken = DaprApiToken }), DaprDefaults.CallTimeout);
}
