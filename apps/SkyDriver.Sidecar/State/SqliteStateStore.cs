using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace SkyDriver.Sidecar.State;

/// <summary>Values in one SQLite file (<c>state.sqlite</c>). An acknowledged write survives a kill of the process and a loss of power.</summary>
/// <remarks>One thread writes and takes all waiting requests into one transaction, so that many small writes share one sync of the
/// disk. Each request still succeeds or fails by itself: its conditions are judged before any of it is written. Readers have
/// connections of their own and, with the write-ahead log, wait for no writer.</remarks>
internal sealed class SqliteStateStore : IStateStore, IKeyScan
{
    private static readonly int SpareReaders = Math.Max(4, Environment.ProcessorCount);

    private readonly SqliteSettings _settings;
    private readonly TimeProvider _clock;
    private readonly object _gate = new();
    private readonly ConcurrentStack<SqliteSession> _readers = new();
    private readonly ETagSource _etags = new();
    private readonly Thread _writer;
    private readonly ITimer? _cleanup;
    private List<Request> _waiting = [];
    private int _spare;
    private bool _closed;

    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public SqliteStateStore(SqliteSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        var session = new SqliteSession(settings);
        _writer = new Thread(() => WriteAll(session)) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
        if (settings.CleanupInterval is { } every) _cleanup = clock.CreateTimer(_ => TryAdd(Request.Cleanup), null, every, every);
    }

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct)
    {
        SqliteSession session = Rent();
        try
        {
            return Task.FromResult(session.Find(key, _clock.GetUtcNow()));
        }
        finally
        {
            Return(session);
        }
    }

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct)
    {
        SqliteSession session = Rent();
        try
        {
            DateTimeOffset now = _clock.GetUtcNow();
            var found = new StateRecord?[keys.Count];
            for (int i = 0; i < found.Length; i++) found[i] = session.Find(keys[i], now);
            return Task.FromResult<IReadOnlyList<StateRecord?>>(found);
        }
        finally
        {
            Return(session);
        }
    }

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        Request request = new(operations);
        return TryAdd(request) ? request.Done.Task : Task.FromException(new ObjectDisposedException(nameof(SqliteStateStore)));
    }

    public async IAsyncEnumerable<string> KeysAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (string key in await Task.Run(() => Keys(prefix), ct))
        {
            ct.ThrowIfCancellationRequested();
            yield return key;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cleanup is not null) await _cleanup.DisposeAsync();
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join();
        while (_readers.TryPop(out SqliteSession? session)) session.Dispose();
    }

    private List<string> Keys(string prefix)
    {
        SqliteSession session = Rent();
        try
        {
            return session.Keys(prefix, _clock.GetUtcNow());
        }
        finally
        {
            Return(session);
        }
    }

    /// <summary>A connection for one look-up, which takes microseconds: SQLite has no asynchronous reads.</summary>
    private SqliteSession Rent()
    {
        if (!_readers.TryPop(out SqliteSession? session)) return new SqliteSession(_settings);
        Interlocked.Decrement(ref _spare);
        return session;
    }

    private void Return(SqliteSession session)
    {
        if (Interlocked.Increment(ref _spare) <= SpareReaders)
        {
            _readers.Push(session);
            return;
        }

        Interlocked.Decrement(ref _spare);
        session.Dispose();
    }

    private bool TryAdd(Request request)
    {
        lock (_gate)
        {
            if (_closed) return false;
            _waiting.Add(request);
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
            return true;
        }
    }

    private void WriteAll(SqliteSession session)
    {
        using (session)
        {
            List<Request> group = [];
            while (TryTake(ref group)) Write(session, group);
        }
    }

    /// <summary>Waits for requests and takes all that are there; false when the store is closed and none is left.</summary>
    private bool TryTake(ref List<Request> group)
    {
        group.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed) return false;
                Monitor.Wait(_gate);
            }

            (_waiting, group) = (group, _waiting);
            return true;
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
