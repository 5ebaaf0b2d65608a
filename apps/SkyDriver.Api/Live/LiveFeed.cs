using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Live;

/// <summary>Hands noted events to listeners of this replica: at once when it took them itself, within a poll when another one did.</summary>
/// <remarks>However many listen to a scan, its log is read once per poll; where nobody listens, nothing is read.</remarks>
internal sealed class LiveFeed(ScanEventLog log, LiveOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ScanEventLog _log = log;
    private readonly LiveOptions _options = options;
    private readonly TimeProvider _clock = clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Source> _sources = [];
    private int _listeners;

    /// <param name="scanId">Null for all scans.</param>
    /// <returns>Null when there are too many listeners; dispose of it to stop listening.</returns>
    public Listener? Listen(string? scanId)
    {
        lock (_gate)
        {
            if (_listeners >= _options.MaxListeners) return null;
            _listeners++;
            string key = scanId ?? "";
            if (!_sources.TryGetValue(key, out Source? source)) _sources[key] = source = new(this, scanId);
            source.Users++;
            return new(this, key, source);
        }
    }

    public void Wake(string scanId)
    {
        lock (_gate)
        {
            foreach (string key in new[] { scanId, "" })
            {
                if (_sources.TryGetValue(key, out Source? source)) source.Invalidate();
            }
        }
    }

    private void Leave(string key, Source source)
    {
        lock (_gate)
        {
            _listeners--;
            if (--source.Users == 0) _sources.Remove(key);
        }
    }

    internal sealed class Listener(LiveFeed feed, string key, Source source) : IDisposable
    {
        private bool _left;

        /// <summary>The log as it stands.</summary>
        public Task<ScanEventLogV1> ReadAsync(CancellationToken cancellationToken) => source.ReadAsync().WaitAsync(cancellationToken);

        /// <summary>Ends when the log may have changed since this call; make it before the log is read, so that no change falls in between.</summary>
        public Task ChangeAsync() => source.ChangeAsync();

        public void Dispose()
        {
            if (_left) return;
            _left = true;
            feed.Leave(key, source);
        }
    }

    /// <summary>One log and those who listen to it.</summary>
    internal sealed class Source(LiveFeed feed, string? scanId)
    {
        private Task<ScanEventLogV1>? _reading;
        private DateTimeOffset _readAt;
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Users { get; set; }

        public Task<ScanEventLogV1> ReadAsync()
        {
            lock (feed._gate)
            {
                DateTimeOffset now = feed._clock.GetUtcNow();
                if (_reading is { IsCompleted: false } || (_reading is { IsCompletedSuccessfully: true } && now - _readAt < feed._options.Poll)) return _reading;
                _readAt = now;
                return _reading = feed._log.ReadAsync(scanId, CancellationToken.None).WaitAsync(Patience, feed._clock);
            }
        }

        public async Task ChangeAsync()
        {
            Task changed;
            lock (feed._gate) changed = _changed.Task;
            await Task.WhenAny(changed, Task.Delay(feed._options.Poll, feed._clock));
        }

        public void Invalidate()
        {
            lock (feed._gate)
            {
                _reading = null;
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
