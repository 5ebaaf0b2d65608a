using Grpc.Core;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Actors;

/// <summary>One write of an actor: a value, or null to delete.</summary>
internal readonly record struct ActorStateChange(string Key, byte[]? Value, TimeSpan? TimeToLive = null);

/// <summary>The state of actors, readable and writable from the instance on which the actor is active, and from no other.</summary>
internal sealed class ActorState(ActorEngine engine, string appId, ActorStore? store)
{
    public bool HasStore => store is not null;

    /// <summary>A value and when it expires; null for a missing key.</summary>
    public async Task<StateRecord?> GetAsync(AppInstance caller, ActorKey actor, string key)
    {
        var records = StoreFor(caller, actor);
        try
        {
            return await records.GetAsync(FullKey(actor, key));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new DaprFault("ERR_ACTOR_STATE_GET", 500, StatusCode.Internal, $"error getting state of actor {actor}: {e.Message}");
        }
    }

    /// <summary>Makes all changes or none.</summary>
    public async Task ApplyAsync(AppInstance caller, ActorKey actor, IReadOnlyList<ActorStateChange> changes)
    {
        var records = StoreFor(caller, actor);
        if (changes.Count == 0) return;
        var operations = new StateOperation[changes.Count];
        for (int i = 0; i < operations.Length; i++)
        {
            var change = changes[i];
            string key = FullKey(actor, change.Key);
            operations[i] = change.Value is null ? ActorStore.Delete(key) : ActorStore.Put(key, change.Value, change.TimeToLive);
        }

        try
        {
            await records.ApplyAsync(operations);
        }
        catch (Exception e)
        {
            throw ActorFaults.SaveFailed(e.Message);
        }
    }

    private ActorStore StoreFor(AppInstance caller, ActorKey actor)
    {
        if (store is null) throw ActorFaults.NoStore();
        return engine.IsActiveOn(actor, caller) ? store : throw ActorFaults.InstanceMissing(actor);
    }

    private string FullKey(ActorKey actor, string key) => $"{appId}||{actor.Type}||{actor.Id}||{key}";
}
