namespace SkyDriver.Sidecar.State;

/// <summary>A stored value.</summary>
/// <param name="ETag">Changes with every write.</param>
internal readonly record struct StateRecord(byte[] Value, string ETag, DateTimeOffset? ExpiresAt);

internal enum StateOperationKind
{
    Upsert,
    Delete,
}

/// <summary>One change.</summary>
/// <param name="ETag">Must match the stored one; null or empty asks for nothing.</param>
/// <param name="FirstWrite">Without an ETag: the key must not exist.</param>
internal readonly record struct StateOperation(StateOperationKind Kind, string Key, byte[] Value, string? ETag = null, bool FirstWrite = false, TimeSpan? Ttl = null);

/// <summary>Values by key, changed all or nothing.</summary>
internal interface IStateStore : IAsyncDisposable
{
    Task<StateRecord?> GetAsync(string key, CancellationToken ct);

    /// <returns>One entry per key, in their order.</returns>
    Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct);

    /// <exception cref="ETagMismatchException">One operation's condition does not hold; nothing was changed.</exception>
    Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct);
}

/// <summary>Lists keys; needed of a store that holds actors and workflows, which are found again after a restart.</summary>
internal interface IKeyScan
{
    IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken ct);
}

/// <summary>Another writer was first.</summary>
internal sealed class ETagMismatchException(string key) : Exception($"possible etag mismatch. error from state store: the etag of '{key}' does not match")
{
    public string Key { get; } = key;
}
