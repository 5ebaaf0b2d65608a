using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the Dapr client.</summary>
public static class DaprServiceCollectionExtensions
{
    /// <summary>Registers <see cref="DaprClient"/>; a second call changes nothing.</summary>
    public static IServiceCollection AddDaprClient(
        this IServiceCollection services, Action<DaprClientBuilder>? configure = null, ServiceLifetime lifetime = ServiceLifetime.Singleton) =>
        Add(services, (_, builder) => configure?.Invoke(builder), lifetime);

    public static IServiceCollection AddDaprClient(
        this IServiceCollection services,
        Action<IServiceProvider, DaprClientBuilder> configure,
        ServiceLifetime lifetime = ServiceLifetime.Singleton) =>
        Add(services, configure, lifetime);

    private static IServiceCollection Add(
        IServiceCollection services, Action<IServiceProvider, DaprClientBuilder> configure, ServiceLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAdd(new ServiceDescriptor(typeof(DaprClient), provider =>
        {
            var builder = new DaprClientBuilder(provider.GetService<IConfiguration>());
            configure(provider, builder);
            return builder.Build();
        }, lifetime));
        return services;
    }
}
