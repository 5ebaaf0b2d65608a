using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>How one write of a store goes wrong.</summary>
public enum WriteFault
{
    /// <summary>Nothing is stored, and the caller is told.</summary>
    SaveFails,

    /// <summary>All is stored, and the caller is told that it failed.</summary>
    AnswerLost,

    /// <summary>Nothing is stored: another writer was first.</summary>
    Conflict,
}

/// <summary>A store of which one write goes wrong; all others, before and after, are good.</summary>
internal sealed class FaultyStore(IStateStore inner, WriteFault fault, int badWrite) : IStateStore, IKeyScan
{
    private int _writes;

    public bool HasFailed => Volatile.Read(ref _writes) >= badWrite;

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct) => inner.GetAsync(key, ct);

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct) => inner.GetManyAsync(keys, ct);

    public async Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        bool isBad = Interlocked.Increment(ref _writes) == badWrite;
        if (!isBad || fault is WriteFault.AnswerLost) await inner.ApplyAsync(operations, ct);
        if (isBad) throw fault is WriteFault.Conflict ? new ETagMismatchException(operations[0].Key) : new IOException("No space left on device.");
    }

    public IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken ct) => ((IKeyScan)inner).KeysAsync(prefix, ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
