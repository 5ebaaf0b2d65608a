using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Messaging.PublishSubscribe.Extensions;

/// <summary>Registers the client for streaming subscriptions.</summary>
public static class PublishSubscribeServiceCollectionExtensions
{
    public static IDaprPubSubBuilder AddDaprPubSubClient(
        this IServiceCollection services,
        Action<IServiceProvider, DaprPublishSubscribeClientBuilder>? configure = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAdd(new ServiceDescriptor(typeof(DaprPublishSubscribeClient), provider =>
        {
            var builder = new DaprPublishSubscribeClientBuilder(provider.GetService<IConfiguration>());
            configure?.Invoke(provider, builder);
            return builder.Build();
        }, lifetime));
        return new DaprPubSubBuilder(services);
    }
}

/// <summary>The way back to the services.</summary>
public sealed class DaprPubSubBuilder(IServiceCollection services) : IDaprPubSubBuilder
{
    public IServiceCollection Services { get; } = services;
}
