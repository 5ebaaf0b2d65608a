using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the actor host and the proxy factory.</summary>
public static class ActorsServiceCollectionExtensions
{
    public static IServiceCollection AddActors(
        this IServiceCollection services, Action<ActorRuntimeOptions>? configure = null, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.AddHealthChecks();
        if (configure is not null) services.Configure(configure);
        services.TryAddSingleton<ActorActivatorFactory, InjectedActorActivatorFactory>();
        services.TryAddSingleton(CreateRuntime);
        services.TryAdd(new ServiceDescriptor(typeof(IActorProxyFactory), CreateProxyFactory, lifetime));
        return services;
    }

    private static ActorRuntime CreateRuntime(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        var configuration = provider.GetService<IConfiguration>();
        var http = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
        string endpoint = (options.HttpEndpoint ?? DaprDefaults.HttpEndpoint(configuration)).TrimEnd('/');
        var api = new ActorApi(http, endpoint, options.DaprApiToken ?? DaprDefaults.ApiToken(configuration), DaprDefaults.CallTimeout);
        // Actors reach others through the same endpoint, whatever lifetime the app chose for its own factory.
        return new ActorRuntime(
            options,
            provider.GetRequiredService<ActorActivatorFactory>(),
            provider.GetRequiredService<ILoggerFactory>(),
            (IActorProxyFactory)CreateProxyFactory(provider),
            api);
    }

    private static object CreateProxyFactory(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        var configuration = provider.GetService<IConfiguration>();
        return new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = options.JsonSerializerOptions,
            UseJsonSerialization = options.UseJsonSerialization,
            DaprApiToken = options.DaprApiToken ?? DaprDefaults.ApiToken(configuration),
            HttpEndpoint = options.HttpEndpoint ?? DaprDefaults.HttpEndpoint(configuration),
        });
    }
}
