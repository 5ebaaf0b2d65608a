using System.Collections.Concurrent;
using System.Globalization;

namespace SkyDriver.Components.Hosting;

/// <summary>Messages of one stream that wait for what the sidecar says about them.</summary>
/// <typeparam name="T">What is said.</typeparam>
internal sealed class Deliveries<T>
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<T>> _pending = new(StringComparer.Ordinal);
    private long _last;

    /// <summary>Sends a message under an id of its own and waits for the answer to it.</summary>
    /// <param name="send">Gets the id.</param>
    /// <exception cref="OperationCanceledException">The token fired: the message may have been processed all the same.</exception>
    public async Task<T> SendAsync(Func<string, ValueTask> send, CancellationToken ct)
    {
        string id = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            await send(id);
            return await answer.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (answer.Task.IsCompletedSuccessfully)
        {
            // The sidecar answered and left at once: the answer counts.
            return await answer.Task;
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Nothing happens when nobody waits for that id any more.</summary>
    public void Settle(string id, T answer)
    {
        if (_pending.TryGetValue(id, out TaskCompletionSource<T>? waiting)) waiting.TrySetResult(answer);
    }
}
