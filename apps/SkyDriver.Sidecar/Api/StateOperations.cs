using System.Globalization;
using Grpc.Core;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>What both forms of the state API do, with faults as Dapr tells them.</summary>
internal static class StateOperations
{
    public static async Task<StateRecord?> GetAsync(StateComponent state, string key, CancellationToken ct)
    {
        try
        {
            return await state.Policy.ExecuteAsync((state.Store, Key: state.StoredKey(key)), static (s, token) => new ValueTask<StateRecord?>(s.Store.GetAsync(s.Key, token)), ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw DaprErrors.StateGet(state.Name, key, fault.Message);
        }
    }

    public static async Task<IReadOnlyList<StateRecord?>> GetManyAsync(StateComponent state, IReadOnlyList<string> keys, CancellationToken ct)
    {
        string[] stored = [.. keys.Select(state.StoredKey)];
        try
        {
            return await state.Policy.ExecuteAsync((state.Store, Keys: stored), static (s, token) => new ValueTask<IReadOnlyList<StateRecord?>>(s.Store.GetManyAsync(s.Keys, token)), ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw DaprErrors.StateGet(state.Name, "keys", fault.Message);
        }
    }

    /// <summary>Makes each change by itself: one that fails stops no other. The first fault is told.</summary>
    public static async Task ApplyEachAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        Task[] changes = [.. operations.Select(operation => ApplyAsync(state, [operation], ct))];
        await Task.WhenAll(changes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (int i = 0; i < changes.Length; i++)
        {
            if (changes[i].Exception?.InnerException is { } fault) throw Translate(state.Name, operations[i].Kind, fault);
        }
    }

    /// <summary>Makes all changes or none; an ETag that does not match is no conflict here but a failure, as in Dapr.</summary>
    public static async Task ApplyAllAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        if (operations.Count == 0) return;
        try
        {
            await ApplyAsync(state, operations, ct);
        }
        catch (Exception fault) when (IsStoreFault(fault))
        {
            throw DaprErrors.StateTransaction(state.Name, fault.Message);
        }
    }

    /// <summary>The life of a value from <c>ttlInSeconds</c>; 0 and -1 mean for ever.</summary>
    /// <exception cref="DaprFault">It is no whole number.</exception>
    public static TimeSpan? Ttl(StateComponent state, IDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("ttlInSeconds", out string? text) || text.Length == 0) return null;
        bool valid = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) && seconds >= -1;
        if (!valid) throw DaprErrors.StateMetadata(state.Name, $"ttlInSeconds is '{text}'; use a whole number of seconds");
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Under the store's policy. An ETag that does not match is an answer: asked again, the store would give the same.</summary>
    private static Task ApplyAsync(StateComponent state, IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        if (state.Policy.IsNone) return state.Store.ApplyAsync(operations, ct);
        return state.Policy.ExecuteAsync(
            async token =>
            {
                await state.Store.ApplyAsync(operations, token);
                return true;
            },
            ct, judgeFault: static fault => fault is ETagMismatchException ? Verdict.Success : Verdict.Of(fault)).AsTask();
    }

    private static DaprFault Translate(string store, StateOperationKind kind, Exception fault) => (kind, fault) switch
    {
        (StateOperationKind.Upsert, ETagMismatchException) => DaprErrors.StateSaveConflict(store, fault.Message),
        (StateOperationKind.Delete, ETagMismatchException) => DaprErrors.StateDeleteConflict(store, fault.Message),
        (StateOperationKind.Upsert, _) => DaprErrors.StateSave(store, fault.Message),
        _ => DaprErrors.StateDelete(store, fault.Message),
    };

    private static bool IsStoreFault(Exception fault) => fault is not (RpcException or OperationCanceledException);
}
