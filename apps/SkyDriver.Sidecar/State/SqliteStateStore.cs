using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace SkyDriver.Sidecar.State;

/// <summary>Values in one SQLite file (<c>state.sqlite</c>). An acknowledged write survives a kill of the process.</summary>
/// <remarks>One thread writes and takes all waiting requests into one transaction, so that many small writes share a sync of the disk.
/// Each request still succeeds or fails by itself: its conditions are judged before any of it is written.</remarks>
internal sealed class SqliteStateStore : IStateStore, IKeyScan
{
    private const int LargestGroup = 512;

    private readonly TimeProvider _clock;
    private readonly string _connectionString;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new() { SingleReader = true });
    private readonly Channel<SqliteConnection> _readers = Channel.CreateUnbounded<SqliteConnection>();
    private readonly Thread _writer;
    private long _lastETag;

    static SqliteStateStore() => SQLitePCL.Batteries_V2.Init();

    private SqliteStateStore(string file, TimeProvider clock)
    {
        _clock = clock;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false }.ToString();
        using SqliteConnection connection = Open();
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL, etag INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID");
        using SqliteCommand last = connection.CreateCommand();
        last.CommandText = "SELECT COALESCE(MAX(etag), 0) FROM state";
        _lastETag = Convert.ToInt64(last.ExecuteScalar(), CultureInfo.InvariantCulture);
        _writer = new Thread(Write) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
    }

    /// <exception cref="SqliteException">The file cannot be opened or is not a database.</exception>
    public static SqliteStateStore Open(string file, TimeProvider clock)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        return new(file, clock);
    }

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct) => ReadAsync(connection => Find(connection, key));

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<StateRecord?>>(connection => [.. keys.Select(key => Find(connection, key))]);

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        var request = new Request(operations);
        return _requests.Writer.TryWrite(request) ? request.Done.Task : throw new ObjectDisposedException(nameof(SqliteStateStore));
    }

    public async IAsyncEnumerable<string> KeysAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        List<string> keys = await ReadAsync(connection =>
        {
            using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT key FROM state WHERE key >= $from AND substr(key, 1, $length) = $from AND (expires IS NULL OR expires > $now) ORDER BY key";
            select.Parameters.AddWithValue("$from", prefix);
            select.Parameters.AddWithValue("$length", prefix.Length);
            select.Parameters.AddWithValue("$now", _clock.GetUtcNow().ToUnixTimeMilliseconds());
            using SqliteDataReader reader = select.ExecuteReader();
            List<string> found = [];
            while (reader.Read()) found.Add(reader.GetString(0));
            return found;
        });
        foreach (string key in keys) yield return key;
    }

    public ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        _writer.Join();
        _readers.Writer.TryComplete();
        while (_readers.Reader.TryRead(out SqliteConnection? connection)) connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Write()
    {
        using SqliteConnection connection = Open();
        List<Request> group = [];
        while (_requests.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            group.Clear();
            while (group.Count < LargestGroup && _requests.Reader.TryRead(out Request? request)) group.Add(request);
            WriteGroup(connection, group);
        }
    }

    private void WriteGroup(SqliteConnection connection, List<Request> group)
    {
        List<(Request Request, Exception? Fault)> outcomes = [];
        try
        {
            using (SqliteTransaction transaction = connection.BeginTransaction())
            {
                foreach (Request request in group) outcomes.Add((request, Apply(connection, transaction, request.Operations)));
                transaction.Commit();
            }
        }
        catch (SqliteException fault)
        {
            // A full disk, say: nothing of the group is stored, and all of it is told so.
            foreach (Request request in group) request.Done.TrySetException(fault);
            return;
        }

        foreach ((Request request, Exception? fault) in outcomes)
        {
            if (fault is null) request.Done.TrySetResult();
            else request.Done.TrySetException(fault);
        }
    }

    private ETagMismatchException? Apply(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<StateOperation> operations)
    {
        try
        {
            foreach (StateOperation operation in operations)
            {
                if (operation.FirstWrite || !string.IsNullOrEmpty(operation.ETag)) StateRules.Check(operation, Find(connection, operation.Key, transaction)?.ETag);
            }
        }
        catch (ETagMismatchException mismatch)
        {
            return mismatch;
        }

        foreach (StateOperation operation in operations)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.Transaction = transaction;
            command.Parameters.AddWithValue("$key", operation.Key);
            if (operation.Kind is StateOperationKind.Delete)
            {
                command.CommandText = "DELETE FROM state WHERE key = $key";
            }
            else
            {
                command.CommandText = "INSERT INTO state (key, value, etag, expires) VALUES ($key, $value, $etag, $expires) ON CONFLICT (key) DO UPDATE SET value = $value, etag = $etag, expires = $expires";
                command.Parameters.AddWithValue("$value", operation.Value);
                command.Parameters.AddWithValue("$etag", ++_lastETag);
                command.Parameters.AddWithValue("$expires", StateRules.Expiry(operation, _clock)?.ToUnixTimeMilliseconds() ?? (object)DBNull.Value);
            }

            command.ExecuteNonQuery();
        }

        return null;
    }

    private async Task<T> ReadAsync<T>(Func<SqliteConnection, T> read)
    {
        if (!_readers.Reader.TryRead(out SqliteConnection? connection)) connection = Open();
        try
        {
            // SQLite has no asynchronous reads; a look-up takes microseconds.
            return await Task.FromResult(read(connection));
        }
        finally
        {
            if (!_readers.Writer.TryWrite(connection)) connection.Dispose();
        }
    }

    private StateRecord? Find(SqliteConnection connection, string key, SqliteTransaction? transaction = null)
    {
        using SqliteCommand select = connection.CreateCommand();
        select.Transaction = transaction;
        select.CommandText = "SELECT value, etag, expires FROM state WHERE key = $key";
        select.Parameters.AddWithValue("$key", key);
        using SqliteDataReader reader = select.ExecuteReader();
        if (!reader.Read()) return null;
        DateTimeOffset? expires = reader.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2));
        if (expires <= _clock.GetUtcNow()) return null;
        return new((byte[])reader.GetValue(0), reader.GetInt64(1).ToString(CultureInfo.InvariantCulture), expires);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        // With a write-ahead log, FULL syncs each commit; readers wait for a writer instead of failing.
        Execute(connection, "PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000");
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed record Request(IReadOnlyList<StateOperation> Operations)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
