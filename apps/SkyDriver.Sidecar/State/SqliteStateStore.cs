using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace SkyDriver.Sidecar.State;

/// <summary>Values in one SQLite file (<c>state.sqlite</c>). An acknowledged write survives a kill of the process and a loss of power.</summary>
/// <remarks>One thread writes and takes all waiting requests into one transaction, so that many small writes share one sync of the
/// disk. Each request still succeeds or fails by itself: its conditions are judged before any of it is written.</remarks>
internal sealed class SqliteStateStore : IStateStore, IKeyScan
{
    private const int LargestGroup = 512;
    private const int SpareReaders = 4;

    private readonly SqliteSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new() { SingleReader = true });
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private readonly ETagSource _etags = new();
    private readonly Thread _writer;
    private readonly ITimer? _cleanup;

    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public SqliteStateStore(SqliteSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        var session = new SqliteSession(settings);
        _writer = new Thread(() => WriteAll(session)) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
        if (settings.CleanupInterval is { } every) _cleanup = clock.CreateTimer(_ => _requests.Writer.TryWrite(Request.Cleanup), null, every, every);
    }

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct) => Read(session => session.Find(key, _clock.GetUtcNow()));

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct) =>
        Read<IReadOnlyList<StateRecord?>>(session =>
        {
            DateTimeOffset now = _clock.GetUtcNow();
            return [.. keys.Select(key => session.Find(key, now))];
        });

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        var request = new Request(operations);
        return _requests.Writer.TryWrite(request) ? request.Done.Task : Task.FromException(new ObjectDisposedException(nameof(SqliteStateStore)));
    }

    public async IAsyncEnumerable<string> KeysAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (string key in await Read(session => session.Keys(prefix, _clock.GetUtcNow())))
        {
            ct.ThrowIfCancellationRequested();
            yield return key;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cleanup is not null) await _cleanup.DisposeAsync();
        _requests.Writer.TryComplete();
        _writer.Join();
        while (_readers.TryTake(out SqliteSession? session)) session.Dispose();
    }

    /// <summary>SQLite has no asynchronous reads; a look-up takes microseconds and waits for no writer.</summary>
    private Task<T> Read<T>(Func<SqliteSession, T> read)
    {
        if (!_readers.TryTake(out SqliteSession? session)) session = new SqliteSession(_settings);
        try
        {
            return Task.FromResult(read(session));
        }
        finally
        {
            if (_readers.Count < SpareReaders) _readers.Add(session);
            else session.Dispose();
        }
    }

    private void WriteAll(SqliteSession session)
    {
        using (session)
        {
            List<Request> group = [];
            while (_requests.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                group.Clear();
                while (group.Count < LargestGroup && _requests.Reader.TryRead(out Request? request)) group.Add(request);
                Write(session, group);
            }
        }
    }

    private void Write(SqliteSession session, List<Request> group)
    {
        var refused = new Exception?[group.Count];
        try
        {
            session.Begin();
            for (int i = 0; i < group.Count; i++) refused[i] = Apply(session, group[i]);
            session.Commit();
        }
        catch (SqliteException fault)
        {
            // A full disk, say: nothing of the group is stored, and all of it is told so.
            session.Rollback();
            foreach (Request request in group) request.Done.TrySetException(fault);
            return;
        }

        for (int i = 0; i < group.Count; i++)
        {
            if (refused[i] is { } mismatch) group[i].Done.TrySetException(mismatch);
            else group[i].Done.TrySetResult();
        }
    }

    private ETagMismatchException? Apply(SqliteSession session, Request request)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (request.IsCleanup) session.DeleteExpired(now);
        try
        {
            foreach (StateOperation operation in request.Operations)
            {
                if (StateRules.HasCondition(operation)) StateRules.Check(operation, session.Find(operation.Key, now)?.ETag);
            }
        }
        catch (ETagMismatchException mismatch)
        {
            return mismatch;
        }

        foreach (StateOperation operation in request.Operations)
        {
            if (operation.Kind is StateOperationKind.Delete) session.Delete(operation.Key);
            else session.Upsert(operation.Key, operation.Value, _etags.Next(), StateRules.Expiry(operation, _clock));
        }

        return null;
    }

    private sealed class Request(IReadOnlyList<StateOperation> operations, bool isCleanup = false)
    {
        /// <summary>Asks to remove what has expired.</summary>
        public static Request Cleanup => new([], isCleanup: true);

        public IReadOnlyList<StateOperation> Operations { get; } = operations;

        public bool IsCleanup { get; } = isCleanup;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
