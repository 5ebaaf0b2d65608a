using System.Threading.Channels;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>Calls that change something, sent one after the other in the order in which they were made, also while the service is away.</summary>
/// <remarks>
/// A call returns at once; what it returns can be awaited, or handed to a later call that needs its scan id.
/// A write that the service refuses fails by itself; those after it go on. One that finds no service is tried until it was queued for
/// <see cref="SkyDriverClientOptions.AwayPatience"/>. Each keeps one idempotency key, so nothing happens twice.
/// </remarks>
public sealed class WriteQueue : IAsyncDisposable
{
    private readonly SkyDriverClient _client;
    private readonly Channel<Func<CancellationToken, Task>> _waiting;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sender;
    private int _length;

    /// <param name="capacity">Most writes that may wait; one more is refused.</param>
    public WriteQueue(SkyDriverClient client, int capacity = 10_000)
    {
        _client = client;
        _waiting = Channel.CreateBounded<Func<CancellationToken, Task>>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _sender = Task.Run(SendAsync);
    }

    /// <summary>Writes that are not yet answered.</summary>
    public int Length => Volatile.Read(ref _length);

    public Pending<ScanManifest> Launch(LaunchScan scan)
    {
        string key = SkyDriverClient.NewKey();
        return Add((patience, end) => _client.PostAsync<ScanManifest>("scan", scan, key, end, patience));
    }

    public Pending<ScanManifest> Abort(string scanId) => Abort(Pending.Of(scanId));

    /// <param name="scan">A launch or rescan that may be waiting itself.</param>
    public Pending<ScanManifest> Abort(Pending<ScanManifest> scan) => Abort(scan.Select(m => m.ScanId));

    public Pending<ScanManifest> Rescan(string scanId, bool abortFirst = false, bool replace = false) => Rescan(Pending.Of(scanId), abortFirst, replace);

    public Pending<ScanManifest> Rescan(Pending<ScanManifest> scan, bool abortFirst = false, bool replace = false) => Rescan(scan.Select(m => m.ScanId), abortFirst, replace);

    public Pending<AddedWorkers> AddWorkers(string scanId, int count, string cluster)
    {
        string key = SkyDriverClient.NewKey(), path = SkyDriverClient.Path(scanId, "actions/add-workers");
        return Add((patience, end) => _client.PostAsync<AddedWorkers>(path, new { n_workers = count, cluster_location = cluster }, key, end, patience));
    }

    /// <summary>Waits until all that was queued before this call is answered.</summary>
    /// <exception cref="TimeoutException">It was not in time; it stays queued.</exception>
    public Task FlushAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Add((_, _) => Task.FromResult(true)).AsTask().WaitAsync(timeout, _client.Options.Clock, cancellationToken);

    /// <summary>Gives up what is not yet sent.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _end.CancelAsync();
        await _sender;
        _end.Dispose();
    }

    private Pending<ScanManifest> Abort(Pending<string> scan) => Add(async (patience, end) =>
    {
        string path = $"scan/manifest/{Uri.EscapeDataString(await scan)}";
        return await _client.CallAsync<ScanManifest>(() => new(HttpMethod.Delete, path), end, patience);
    });

    private Pending<ScanManifest> Rescan(Pending<string> scan, bool abortFirst, bool replace)
    {
        string key = SkyDriverClient.NewKey();
        return Add(async (patience, end) =>
            await _client.PostAsync<ScanManifest>(SkyDriverClient.Path(await scan, "actions/rescan"), new { abort_first = abortFirst, replace_scan = replace }, key, end, patience));
    }

    internal Pending<T> Add<T>(Func<TimeSpan, CancellationToken, Task<T>> write)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long queued = _client.Options.Clock.GetTimestamp();
        Interlocked.Increment(ref _length);
        if (!_waiting.Writer.TryWrite(RunAsync))
        {
            Interlocked.Decrement(ref _length);
            throw new InvalidOperationException("The queue is full or closed; wait with FlushAsync until some writes are answered.");
        }

        return new(answer.Task);

        async Task RunAsync(CancellationToken end)
        {
            try
            {
                end.ThrowIfCancellationRequested();
                TimeSpan left = _client.Options.AwayPatience - _client.Options.Clock.GetElapsedTime(queued);
                answer.TrySetResult(await write(left > TimeSpan.Zero ? left : TimeSpan.Zero, end));
            }
            catch (OperationCanceledException)
            {
                answer.TrySetCanceled(CancellationToken.None);
            }
            catch (Exception refused)
            {
                answer.TrySetException(refused);
                // Nobody needs to ask for it; an answer that is never looked at is no fault.
                _ = answer.Task.Exception;
            }
            finally
            {
                Interlocked.Decrement(ref _length);
            }
        }
    }

    private async Task SendAsync()
    {
        await foreach (Func<CancellationToken, Task> send in _waiting.Reader.ReadAllAsync()) await send(_end.Token);
    }
}
