
namespace SkyDriver.Hosting.State;

/// <summary>JSON documents in the state store, changed only under their ETag.</summary>
public sealed class StateDocuments(StateStore store, TimeProvider clock)
{
    private const int MaxAttempts = 30;

    /// <summary>Places to queue at, found by key: writers in one process take turns, so only other processes can come between.</summary>
    private const int Turns = 64;

    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>The document, or null when there is none.</summary>
    public Task<T?> GetAsync<T>(string key, CancellationToken cancellationToken = default)
        where T : class =>
        store.GetAsync<T>(key, cancellationToken);

    /// <summary>Writes a document unless there is one.</summary>
    /// <returns>False when there was one.</returns>
    public Task<bool> TryCreateAsync<T>(string key, T document, CancellationToken cancellationToken = default) =>
        store.TrySaveAsync(key, document, etag: "", cancellationToken: cancellationToken);

    /// <summary>Read, change, save; again from the start when another writer came between.</summary>
    /// <param name="change">Gets the document, or null when there is none; returns the new one, or null to leave it. May run several times.</param>
    /// <returns>The document as it now stands, or null when there is none.</returns>
    /// <exception cref="TimeoutException">Other writers won every time.</exception>
    public async Task<T?> UpdateAsync<T>(string key, Func<T?, T?> change, CancellationToken cancellationToken = default)
        where T : class
    {
        SemaphoreSlim turn = turns[unchecked((uint)string.GetHashCode(key, StringComparison.Ordinal)) % Turns];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await UpdateInTurnAsync(key, change, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<T?> UpdateInTurnAsync<T>(string key, Func<T?, T?> change, CancellationToken cancellationToken)
        where T : class
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            (T? current, string etag) = await store.GetWithETagAsync<T>(key, cancellationToken);
            T? next = change(current);
            if (next is null) return current;
            if (await store.TrySaveAsync(key, next, etag, cancellationToken: cancellationToken)) return next;
            await Task.Delay(TimeSpan.FromMilliseconds(5 * attempt), clock, cancellationToken);
        }

        throw new TimeoutException($"State '{key}' was changed by others {MaxAttempts} times in a row; try again when there is less traffic.");
    }
}
