using System.Globalization;
using Grpc.Core;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>What both forms of the state API do, with faults as Dapr tells them.</summary>
internal static class StateOperations
{
    /// <exception cref="DaprFault">The app has no store of that name.</exception>
    public static StateComponent StateStore(this InstanceSidecar sidecar, string name)
    {
        Dictionary<string, StateComponent> stores = sidecar.Components.States;
        if (stores.TryGetValue(name, out StateComponent? found)) return found;
        string appId = sidecar.Instance.AppId;
        throw stores.Count == 0 ? StateFaults.NotConfigured(name, appId) : StateFaults.NotFound(name, appId);
    }

    public static async Task<StateRecord?> GetAsync(StateComponent state, string key, CancellationToken ct)
    {
        string stored = state.StoredKey(key);
        try
        {
            return await state.Policy.ExecuteAsync((state.Store, Key: stored), static (s, token) => new ValueTask<StateRecord?>(s.Store.GetAsync(s.Key, token)), ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw StateFaults.Get(state.Name, key, fault.Message);
        }
    }

    public static async Task<IReadOnlyList<StateRecord?>> GetManyAsync(StateComponent state, IReadOnlyList<string> keys, CancellationToken ct)
    {
        if (keys.Count == 0) return [];
        string[] stored = [.. keys.Select(state.StoredKey)];
        try
        {
            return await state.Policy.ExecuteAsync((state.Store, Keys: stored), static (s, token) => new ValueTask<IReadOnlyList<StateRecord?>>(s.Store.GetManyAsync(s.Keys, token)), ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw StateFaults.Get(state.Name, "keys", fault.Message);
        }
    }

    /// <summary>Makes each change by itself: one whose condition fails stops no other. The first fault is told.</summary>
    public static async Task ApplyEachAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        // Where nothing can stop a change but the store itself, all go in one request.
        bool together = operations.Count > 1 && state.Store.IsTransactional && operations.Count <= state.Store.MostOperations && !operations.Any(o => StateRules.HasCondition(o));
        Task[] changes = together ? [ApplyAsync(state, operations, ct)] : [.. operations.Select(operation => ApplyAsync(state, [operation], ct))];
        await Task.WhenAll(changes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (int i = 0; i < changes.Length; i++)
        {
            if (changes[i].Exception?.InnerException is { } fault) throw fault is RpcException ? fault : StateFaults.Change(state.Name, operations[i].Kind, fault);
            changes[i].GetAwaiter().GetResult();   // a cancelled one throws
        }
    }

    /// <summary>Makes all changes or none; an ETag that does not match is no conflict here but a failure, as in Dapr.</summary>
    public static async Task ApplyAllAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        if (operations.Count > state.Store.MostOperations) throw StateFaults.TooManyOperations(operations.Count, state.Store.MostOperations);
        if (operations.Count == 0) return;
        try
        {
            await ApplyAsync(state, operations, ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw StateFaults.Transaction(state.Name, fault.Message);
        }
    }

    /// <exception cref="DaprFault">The store takes one change at a time.</exception>
    public static StateComponent Transactional(this StateComponent state) => state.Store.IsTransactional ? state : throw StateFaults.NotTransactional(state.Name);

    /// <exception cref="DaprFault">It is another word.</exception>
    public static StateOperationKind Kind(string operation) => operation switch
    {
        "upsert" => StateOperationKind.Upsert,
        "delete" => StateOperationKind.Delete,
        _ => throw StateFaults.UnknownOperation(operation),
    };

    /// <summary>The life of a value from <c>ttlInSeconds</c>; 0 and -1 mean for ever.</summary>
    /// <exception cref="DaprFault">It is no whole number.</exception>
    public static TimeSpan? Ttl(StateComponent state, IDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("ttlInSeconds", out string? text) || text.Length == 0) return null;
        bool valid = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) && seconds >= -1;
        if (!valid) throw StateFaults.Metadata(state.Name, $"ttlInSeconds is '{text}'; use a whole number of seconds");
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Under the store's policy. An ETag that does not fit is an answer: asked again, the store would give the same.</summary>
    private static Task ApplyAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        if (state.Policy.IsNone) return state.Store.ApplyAsync(operations, ct);
        return state.Policy.ExecuteAsync(
            async token =>
            {
                await state.Store.ApplyAsync(operations, token);
                return true;
            },
            ct, judgeFault: static fault => fault is ETagMismatchException or ETagMalformedException ? Verdict.Success : Verdict.Of(fault)).AsTask();
    }

    private static bool IsStoreFault(Exception fault) => fault is not (RpcException or OperationCanceledException);
}
