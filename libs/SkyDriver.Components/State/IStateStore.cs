namespace SkyDriver.Components;

/// <summary>Values by key (<c>state.{name}</c>). ETags, first write and time to live are the component's own duty.</summary>
public interface IStateStore : IComponent
{
    /// <summary>What it can do beyond the plain contract.</summary>
    StateFeatures Features { get; }

    /// <returns>Null when the key is missing or expired.</returns>
    Task<StateValue?> GetAsync(StateGetRequest request, CancellationToken ct);

    /// <exception cref="ETagMismatchException">Another writer was first.</exception>
    /// <exception cref="InvalidETagException">The ETag is none of this store's.</exception>
    Task SetAsync(StateSet change, CancellationToken ct);

    /// <exception cref="ETagMismatchException">Another writer was first.</exception>
    /// <exception cref="InvalidETagException">The ETag is none of this store's.</exception>
    Task DeleteAsync(StateDelete change, CancellationToken ct);

    /// <summary>Reads several keys; one that fails stops no other. By default one read for each.</summary>
    /// <param name="parallelism">Most reads at once; 0 or less leaves it to the store.</param>
    /// <returns>One item per request, in any order.</returns>
    async Task<IReadOnlyList<StateBulkItem>> BulkGetAsync(IReadOnlyList<StateGetRequest> requests, int parallelism, CancellationToken ct)
    {
        StateBulkItem[] items = new StateBulkItem[requests.Count];
        await EachAsync(requests.Count, parallelism, ct, async (i, token) =>
        {
            try
            {
                items[i] = new(requests[i].Key, await GetAsync(requests[i], token));
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                items[i] = new(requests[i].Key, null, fault.Message);
            }
        });
        return items;
    }

    /// <summary>Writes several keys, not all or nothing. By default one write for each; the first fault is told after all were tried.</summary>
    /// <param name="parallelism">Most writes at once; 0 or less leaves it to the store.</param>
    Task BulkSetAsync(IReadOnlyList<StateSet> changes, int parallelism, CancellationToken ct) =>
        TryAllAsync(changes.Count, parallelism, ct, (i, token) => SetAsync(changes[i], token));

    /// <summary>Deletes several keys, not all or nothing. By default one delete for each; the first fault is told after all were tried.</summary>
    /// <param name="parallelism">Most deletes at once; 0 or less leaves it to the store.</param>
    Task BulkDeleteAsync(IReadOnlyList<StateDelete> changes, int parallelism, CancellationToken ct) =>
        TryAllAsync(changes.Count, parallelism, ct, (i, token) => DeleteAsync(changes[i], token));

    private static async Task TryAllAsync(int count, int parallelism, CancellationToken ct, Func<int, CancellationToken, Task> change)
    {
        Exception?[] faults = new Exception?[count];
        await EachAsync(count, parallelism, ct, async (i, token) =>
        {
            try
            {
                await change(i, token);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                faults[i] = fault;
            }
        });
        if (faults.FirstOrDefault(f => f is not null) is { } first) throw first;
    }

    private static Task EachAsync(int count, int parallelism, CancellationToken ct, Func<int, CancellationToken, ValueTask> work) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = parallelism > 0 ? parallelism : 10, CancellationToken = ct }, work);
}

/// <summary>A state store that makes several changes all or nothing; a store of actors and workflows must be one.</summary>
public interface ITransactionalStateStore : IStateStore
{
    /// <summary>Most changes of one transaction; null = any number.</summary>
    int? MaxTransactionSize => null;

    /// <summary>Checks the conditions of all changes, then makes all of them in their order, or none.</summary>
    /// <param name="metadata">Of the transaction; names found in any case.</param>
    /// <exception cref="ETagMismatchException">A condition does not hold; nothing was changed.</exception>
    Task TransactAsync(IReadOnlyList<StateChange> changes, IReadOnlyDictionary<string, string> metadata, CancellationToken ct);
}

/// <summary>What a state store can do beyond the plain contract; transactions are told by <see cref="ITransactionalStateStore"/>.</summary>
[Flags]
public enum StateFeatures
{
    None = 0,

    /// <summary>Makes and checks ETags.</summary>
    ETag = 1,

    /// <summary>Honours metadata <c>ttlInSeconds</c>.</summary>
    Ttl = 2,
}
