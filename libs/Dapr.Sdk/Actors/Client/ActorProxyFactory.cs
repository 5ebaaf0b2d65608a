using System.Reflection;

namespace Dapr.Actors.Client;

/// <summary>Makes proxies that reach actors through the sidecar's HTTP port.</summary>
public class ActorProxyFactory : IActorProxyFactory
{
    private readonly HttpMessageInvoker _http;
    private ActorProxyOptions _defaultOptions;

    public ActorProxyFactory(ActorProxyOptions? options = null, HttpMessageHandler? handler = null)
    {
        _defaultOptions = options ?? new ActorProxyOptions();
        _http = new HttpMessageInvoker(handler ?? new SocketsHttpHandler { UseCookies = false, UseProxy = false }, disposeHandler: false);
    }

    /// <summary>For calls that name no options.</summary>
    public ActorProxyOptions DefaultOptions
    {
        get => _defaultOptions;
        set => _defaultOptions = value ?? throw new ArgumentNullException(nameof(value));
    }

    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor =>
        (TActorInterface)CreateActorProxy(actorId, typeof(TActorInterface), actorType, options);

    /// <exception cref="ArgumentException">The interface has methods that cannot be called remotely.</exception>
    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actorInterfaceType);
        var shapes = ActorMethodShape.Of(actorInterfaceType);
        object proxy = DispatchProxy.Create(actorInterfaceType, typeof(TypedActorProxy));
        ((TypedActorProxy)proxy).Bind(Create(actorId, actorType, options), shapes);
        return proxy;
    }

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrEmpty(actorType);
        options ??= _defaultOptions;
        var api = new ActorApi(_http, options.HttpEndpoint.TrimEnd('/'), options.DaprApiToken, options.RequestTimeout ?? DaprDefaults.CallTimeout);
        return new ActorProxy(actorId, actorType, api, options.JsonSerializerOptions);
    }
}
