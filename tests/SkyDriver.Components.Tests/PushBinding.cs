using System.Text;

namespace SkyDriver.Components.Tests;

/// <summary>An input binding whose events the test makes.</summary>
internal sealed class PushBinding : IInputBinding
{
    private readonly TaskCompletionSource<Func<BindingEvent, CancellationToken, Task<BindingEventResult>>> _reader = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Sidecars that read now.</summary>
    public int Readers;

    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct) => Task.CompletedTask;

    public async Task ReadAsync(Func<BindingEvent, CancellationToken, Task<BindingEventResult>> deliver, CancellationToken ct)
    {
        _reader.TrySetResult(deliver);
        Interlocked.Increment(ref Readers);
        await Task.Delay(Timeout.InfiniteTimeSpan, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref Readers);
    }

    /// <summary>Sends an event to the sidecar that reads, as soon as one does.</summary>
    public async Task<BindingEventResult> PushAsync(string data, params (string Name, string Value)[] metadata)
    {
        BindingEvent made = new() { Data = Encoding.UTF8.GetBytes(data), Metadata = metadata.ToDictionary(m => m.Name, m => m.Value) };
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        var deliver = await _reader.Task.WaitAsync(limit.Token);
        return await deliver(made, limit.Token);
    }
}
