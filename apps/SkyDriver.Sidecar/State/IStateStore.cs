namespace SkyDriver.Sidecar.State;

/// <summary>A stored value.</summary>
/// <param name="ETag">Never empty; every write makes a new one, unique across processes that share the store.</param>
/// <param name="ExpiresAt">From then on the key reads as missing; null = never.</param>
internal readonly record struct StateRecord(byte[] Value, string ETag, DateTimeOffset? ExpiresAt);

internal enum StateOperationKind
{
    Upsert,
    Delete,
}

/// <summary>One change of one key.</summary>
/// <param name="ETag">Must be the stored one; null or empty asks for nothing.</param>
/// <param name="FirstWrite">Without an ETag: the key must not exist.</param>
/// <param name="Ttl">Life of the new value from now on; null = for ever.</param>
internal readonly record struct StateOperation(
    StateOperationKind Kind, string Key, byte[] Value, string? ETag = null, bool FirstWrite = false, TimeSpan? Ttl = null);

/// <summary>Values by key, changed all or nothing. Thread safe.</summary>
internal interface IStateStore : IAsyncDisposable
{
    /// <summary>Whether <see cref="ApplyAsync"/> takes more than one operation.</summary>
    bool IsTransactional => true;

    /// <summary>How many operations one <see cref="ApplyAsync"/> may have.</summary>
    int MostOperations => int.MaxValue;

    Task<StateRecord?> GetAsync(string key, CancellationToken ct);

    /// <returns>One entry per key, in their order; null for a missing one.</returns>
    Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct);

    /// <summary>Judges the conditions of all operations, then makes all changes in their order. Durable when it returns, if the store is.</summary>
    /// <exception cref="ETagMismatchException">A condition does not hold; nothing was changed.</exception>
    /// <exception cref="ETagMalformedException">An ETag is none that this store makes; nothing was changed.</exception>
    Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct);
}

/// <summary>Lists keys; needed of a store that holds actors and workflows, which are found again after a restart.</summary>
internal interface IKeyScan
{
    /// <summary>Keys that start with a text, as they were at one moment, in ordinal order.</summary>
    IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken ct);
}

/// <summary>Another writer was first: the key's ETag is not the expected one, or the key exists that should not.</summary>
internal sealed class ETagMismatchException(string key) : Exception($"possible etag mismatch: the value of '{key}' was changed by another writer; read it again")
{
    public string Key { get; } = key;
}

/// <summary>A given ETag is of no form that the store makes, so that it never was the key's.</summary>
internal sealed class ETagMalformedException(string key, string etag) : Exception($"possible etag mismatch: '{etag}' for '{key}' is no etag of this store; give one back as it was read")
{
    public string Key { get; } = key;
}
