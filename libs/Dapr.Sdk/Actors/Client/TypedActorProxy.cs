using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;

namespace Dapr.Actors.Client;

/// <summary>Turns the methods of an actor interface into calls by name.</summary>
internal class TypedActorProxy : DispatchProxy, IActorProxy
{
    private static readonly MethodInfo CallTyped = typeof(TypedActorProxy).GetMethod(nameof(CallAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;
    private static readonly ConcurrentDictionary<Type, Func<TypedActorProxy, ActorMethodShape, object?, CancellationToken, Task>> Calls = new();

    private ActorProxy _proxy = null!;
    private IReadOnlyDictionary<string, ActorMethodShape> _shapes = null!;

    public ActorId ActorId => _proxy.ActorId;

    public string ActorType => _proxy.ActorType;

    internal void Bind(ActorProxy proxy, IReadOnlyDictionary<string, ActorMethodShape> shapes) => (_proxy, _shapes) = (proxy, shapes);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var shape = _shapes[targetMethod!.Name];
        object? data = shape.DataIndex is { } d ? args![d] : null;
        var ct = shape.TokenIndex is { } t ? (CancellationToken)args![t]! : default;
        return shape.ResultType is null
            ? CallPlainAsync(shape, data, ct)
            : Calls.GetOrAdd(shape.ResultType, Compile)(this, shape, data, ct);
    }

    private async Task CallPlainAsync(ActorMethodShape shape, object? data, CancellationToken ct) => await SendAsync(shape, data, ct);

    private async Task<T> CallAsync<T>(ActorMethodShape shape, object? data, CancellationToken ct) =>
        _proxy.Read<T>(await SendAsync(shape, data, ct));

    private async Task<byte[]> SendAsync(ActorMethodShape shape, object? data, CancellationToken ct)
    {
        try
        {
            return await _proxy.InvokeAsync(shape.Name, data, shape.DataType, ct);
        }
        catch (DaprApiException e) when (e.ErrorCode == "ERR_ACTOR_INVOKE_METHOD")
        {
            throw new ActorMethodInvocationException(e);
        }
    }

    /// <summary>Binds the result type once, so that a call costs no reflection.</summary>
    private static Func<TypedActorProxy, ActorMethodShape, object?, CancellationToken, Task> Compile(Type resultType)
    {
        var self = Expression.Parameter(typeof(TypedActorProxy));
        var shape = Expression.Parameter(typeof(ActorMethodShape));
        var data = Expression.Parameter(typeof(object));
        var ct = Expression.Parameter(typeof(CancellationToken));
        var call = Expression.Call(self, CallTyped.MakeGenericMethod(resultType), shape, data, ct);
        return Expression.Lambda<Func<TypedActorProxy, ActorMethodShape, object?, CancellationToken, Task>>(call, self, shape, data, ct).Compile();
    }
}
