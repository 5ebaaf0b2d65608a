namespace SkyDriver.Components.Hosting;

/// <summary>Runs a producer of messages beside the stream of answers to them; either end ends the other.</summary>
internal static class DeliveryStream
{
    /// <param name="answers">What the sidecar says; each is handed to <paramref name="settle"/>.</param>
    /// <param name="produce">The author's loop. Its token fires when the sidecar left or the host stops.</param>
    public static async Task RunAsync<TAnswer>(
        IAsyncEnumerable<TAnswer> answers, Action<TAnswer> settle, Func<CancellationToken, Task> produce, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task reading = ReadAsync();
        try
        {
            await produce(ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The sidecar is gone, or the host stops: the stream ends in order.
        }
        finally
        {
            ended.Cancel();
            // The reader ends with the call, which ends when this method returns: it is not waited for.
            _ = reading.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted);
        }

        async Task ReadAsync()
        {
            try
            {
                await foreach (TAnswer answer in answers) settle(answer);
            }
            finally
            {
                if (!ct.IsCancellationRequested) ended.Cancel();
            }
        }
    }
}
