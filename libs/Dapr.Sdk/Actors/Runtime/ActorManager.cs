using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>
/// Activates the actors of one type and runs their turns. The sidecar sends one turn at a time per actor, so nothing
/// here is locked but the table of active actors.
/// </summary>
internal sealed class ActorManager(ActorTypeInformation type, ActorActivator activator, Func<ActorId, ActorHost> createHost)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ActorActivatorState>>> _active = new(StringComparer.Ordinal);

    /// <summary>Calls a method with JSON; the answer is JSON, or empty. Null when the actor interfaces have no such method.</summary>
    public async Task<byte[]?> InvokeAsync(string id, string method, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (!type.Methods.TryGetValue(method, out var shape)) return null;
        var actor = await ActivateAsync(id);
        var options = actor.Host.JsonSerializerOptions;
        object?[] arguments = new object?[shape.Method.GetParameters().Length];
        if (shape.DataIndex is { } data) arguments[data] = json.IsEmpty ? null : JsonSerializer.Deserialize(json.Span, shape.DataType!, options);
        if (shape.TokenIndex is { } token) arguments[token] = ct;
        return await actor.RunTurnAsync(new ActorMethodContext(method, ActorCallType.ActorInterfaceMethod), async () =>
        {
            var task = (Task)shape.Method.Invoke(actor, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            await task;
            return shape.ResultType is null ? [] : JsonSerializer.SerializeToUtf8Bytes(Result(task), shape.ResultType, options);
        });
    }

    public async Task FireReminderAsync(string id, string name, ActorApi.ReminderRequest? fired)
    {
        var actor = await ActivateAsync(id);
        if (actor is not IRemindable remindable)
        {
            throw new InvalidOperationException($"Actor type {type.ActorTypeName} has the reminder '{name}' but does not implement {nameof(IRemindable)}.");
        }

        await actor.RunTurnAsync(new ActorMethodContext(name, ActorCallType.ReminderMethod), async () =>
        {
            await remindable.ReceiveReminderAsync(
                name, fired?.Data ?? [], ActorDurations.Parse(fired?.DueTime), ActorDurations.Parse(fired?.Period));
            return true;
        });
    }

    public async Task FireTimerAsync(string id, ActorApi.TimerRequest fired)
    {
        var callback = type.TimerCallback(fired.Callback ?? "");
        var actor = await ActivateAsync(id);
        await actor.RunTurnAsync(new ActorMethodContext(callback.Name, ActorCallType.TimerMethod), async () =>
        {
            object?[] arguments = callback.GetParameters().Length == 0 ? [] : [fired.Data ?? []];
            await (Task)callback.Invoke(actor, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            return true;
        });
    }

    /// <summary>Removes an actor from memory; false when it was not there.</summary>
    public async Task<bool> DeactivateAsync(string id)
    {
        if (!_active.TryRemove(id, out var entry)) return false;
        var active = await entry.Value;
        try
        {
            await active.Actor.DeactivateAsync();
        }
        finally
        {
            await activator.DeleteAsync(active);
        }

        return true;
    }

    private async Task<Actor> ActivateAsync(string id)
    {
        var entry = _active.GetOrAdd(id, key => new Lazy<Task<ActorActivatorState>>(() => CreateAsync(key)));
        try
        {
            return (await entry.Value).Actor;
        }
        catch
        {
            // The next call tries afresh.
            _active.TryRemove(KeyValuePair.Create(id, entry));
            throw;
        }
    }

    private async Task<ActorActivatorState> CreateAsync(string id)
    {
        var state = await activator.CreateAsync(createHost(new ActorId(id)));
        try
        {
            await state.Actor.ActivateAsync();
            return state;
        }
        catch
        {
            await activator.DeleteAsync(state);
            throw;
        }
    }

    private static object? Result(Task task) => task.GetType().GetProperty(nameof(Task<object>.Result))!.GetValue(task);
}
