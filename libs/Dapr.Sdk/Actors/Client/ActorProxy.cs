using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>Calls the methods of one actor by name, with JSON.</summary>
public class ActorProxy : IActorProxy
{
    private readonly ActorApi _api;
    private readonly JsonSerializerOptions _json;

    internal ActorProxy(ActorId actorId, string actorType, ActorApi api, JsonSerializerOptions json) =>
        (ActorId, ActorType, _api, _json) = (actorId, actorType, api, json);

    /// <summary>The factory behind the static methods, set up from the environment.</summary>
    public static IActorProxyFactory DefaultProxyFactory { get; } = new ActorProxyFactory();

    public ActorId ActorId { get; }

    public string ActorType { get; }

    public static TActorInterface Create<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor =>
        DefaultProxyFactory.CreateActorProxy<TActorInterface>(actorId, actorType, options);

    public static object Create(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.CreateActorProxy(actorId, actorInterfaceType, actorType, options);

    public static ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.Create(actorId, actorType, options);

    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(
        string method, TRequest data, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await _api.InvokeAsync(ActorType, ActorId.GetId(), method, Write(data), cancellationToken));

    public Task InvokeMethodAsync<TRequest>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        _api.InvokeAsync(ActorType, ActorId.GetId(), method, Write(data), cancellationToken);

    public async Task<TResponse> InvokeMethodAsync<TResponse>(string method, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await _api.InvokeAsync(ActorType, ActorId.GetId(), method, null, cancellationToken));

    public Task InvokeMethodAsync(string method, CancellationToken cancellationToken = default) =>
        _api.InvokeAsync(ActorType, ActorId.GetId(), method, null, cancellationToken);

    internal Task<byte[]> InvokeAsync(string method, object? data, Type? dataType, CancellationToken ct) =>
        _api.InvokeAsync(
            ActorType, ActorId.GetId(), method, dataType is null ? null : JsonSerializer.SerializeToUtf8Bytes(data, dataType, _json), ct);

    internal T Read<T>(byte[] body) => body.Length == 0 ? default! : JsonSerializer.Deserialize<T>(body, _json)!;

    private byte[] Write<T>(T data) => JsonSerializer.SerializeToUtf8Bytes(data, _json);
}
