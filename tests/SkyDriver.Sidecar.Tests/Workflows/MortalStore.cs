using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>
/// A store that the process dies on: at a given write, before or after it has reached the disk. From then on nothing
/// works, as for a process that is gone; what was written stays in the store below.
/// </summary>
internal sealed class MortalStore(IStateStore inner, int fatalWrite, bool written) : IStateStore, IKeyScan
{
    private int _writes;

    public TaskCompletionSource Died { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Writes => Volatile.Read(ref _writes);

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct) => Died.Task.IsCompleted ? Dead<StateRecord?>() : inner.GetAsync(key, ct);

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct) =>
        Died.Task.IsCompleted ? Dead<IReadOnlyList<StateRecord?>>() : inner.GetManyAsync(keys, ct);

    public async Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        int write = Interlocked.Increment(ref _writes);
        if (write > fatalWrite) await Dead<bool>();
        if (write == fatalWrite && !written) Died.TrySetResult();
        else await inner.ApplyAsync(operations, ct);
        if (write != fatalWrite) return;
        Died.TrySetResult();
        await Dead<bool>();
    }

    public IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken ct) => ((IKeyScan)inner).KeysAsync(prefix, ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task<T> Dead<T>() => Task.FromException<T>(new IOException("The process is dead."));
}
