using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SkyDriver.Sidecar.State;

/// <summary>One connection to a store's file with its statements prepared. Used by one thread at a time.</summary>
/// <remarks>Statements are stepped without the layer of ADO.NET above them, which takes most of the time of a look-up.</remarks>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<sqlite3_stmt> _statements = [];
    private readonly sqlite3_stmt _find;
    private readonly sqlite3_stmt _keys;
    private readonly sqlite3_stmt _upsert;
    private readonly sqlite3_stmt _delete;
    private readonly sqlite3_stmt _deleteExpired;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _rollback;

    static SqliteSession() => Batteries_V2.Init();

    /// <summary>Opens the file, and makes the table when it is not there.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public SqliteSession(SqliteSettings settings)
    {
        _connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            _connection.Open();
            string table = settings.TableName;
            Run($"PRAGMA busy_timeout={(long)settings.BusyTimeout.TotalMilliseconds}");
            if (settings.WriteAheadLog) Run("PRAGMA journal_mode=WAL");
            foreach (string pragma in settings.Pragmas) Run($"PRAGMA {pragma}");
            Run($"CREATE TABLE IF NOT EXISTS {table} (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, etag INTEGER NOT NULL, expires INTEGER)");
            _find = Prepare($"SELECT value, etag, expires FROM {table} WHERE key = ?");
            _keys = Prepare($"SELECT key FROM {table} WHERE key >= ? AND key < ? AND (expires IS NULL OR expires > ?) ORDER BY key");
            _upsert = Prepare(
                $"INSERT INTO {table} (key, value, etag, expires) VALUES (?, ?, ?, ?) " +
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, expires = excluded.expires");
            _delete = Prepare($"DELETE FROM {table} WHERE key = ?");
            _deleteExpired = Prepare($"DELETE FROM {table} WHERE expires <= ?");
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _rollback = Prepare("ROLLBACK");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Begin() => Run(_begin);

    public void Commit() => Run(_commit);

    /// <summary>Gives up the open transaction, if there still is one: some faults end it by themselves.</summary>
    public void Rollback()
    {
        try
        {
            Run(_rollback);
        }
        catch (SqliteException)
        {
            // "no transaction is active"
        }
    }

    public StateRecord? Find(string key, DateTimeOffset now)
    {
        Bind(_find, 1, key);
        try
        {
            if (!Step(_find)) return null;
            DateTimeOffset? expires = raw.sqlite3_column_type(_find, 2) == raw.SQLITE_NULL ? null : DateTimeOffset.FromUnixTimeMilliseconds(raw.sqlite3_column_int64(_find, 2));
            return expires <= now ? null : new(raw.sqlite3_column_blob(_find, 0).ToArray(), ETagSource.Text(raw.sqlite3_column_int64(_find, 1)), expires);
        }
        finally
        {
            raw.sqlite3_reset(_find);
        }
    }

    public void Upsert(string key, byte[] value, long etag, DateTimeOffset? expires)
    {
        Bind(_upsert, 1, key);
        // An empty span would be bound as null.
        Check(value.Length > 0 ? raw.sqlite3_bind_blob(_upsert, 2, value) : raw.sqlite3_bind_zeroblob(_upsert, 2, 0));
        Check(raw.sqlite3_bind_int64(_upsert, 3, etag));
        Check(expires is { } end ? raw.sqlite3_bind_int64(_upsert, 4, end.ToUnixTimeMilliseconds()) : raw.sqlite3_bind_null(_upsert, 4));
        Run(_upsert);
    }

    public void Delete(string key)
    {
        Bind(_delete, 1, key);
        Run(_delete);
    }

    public void DeleteExpired(DateTimeOffset now)
    {
        Check(raw.sqlite3_bind_int64(_deleteExpired, 1, now.ToUnixTimeMilliseconds()));
        Run(_deleteExpired);
    }

    /// <remarks>Keys compare by their UTF-8 bytes, so U+10FFFF, which no key holds, ends the range.</remarks>
    public List<string> Keys(string prefix, DateTimeOffset now)
    {
        Bind(_keys, 1, prefix);
        Bind(_keys, 2, prefix + "\U0010FFFF");
        Check(raw.sqlite3_bind_int64(_keys, 3, now.ToUnixTimeMilliseconds()));
        List<string> found = [];
        try
        {
            while (Step(_keys)) found.Add(raw.sqlite3_column_text(_keys, 0).utf8_to_string());
            return found;
        }
        finally
        {
            raw.sqlite3_reset(_keys);
        }
    }

    public void Dispose()
    {
        foreach (sqlite3_stmt statement in _statements) statement.Dispose();
        _connection.Dispose();
    }

    private static void Bind(sqlite3_stmt statement, int index, string text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = most > 512 ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> buffer = rented ?? stackalloc byte[512];
        // SQLite takes a copy. A binding fails for want of memory only.
        // SQLite takes an empty span for null.
        int code = text.Length == 0 ? raw.sqlite3_bind_text(statement, index, "") : raw.sqlite3_bind_text(statement, index, buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        if (code != raw.SQLITE_OK) throw new SqliteException("a key cannot be bound", code);
    }

    private void Run(sqlite3_stmt statement)
    {
        try
        {
            Step(statement);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    private bool Step(sqlite3_stmt statement)
    {
        int code = raw.sqlite3_step(statement);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE)) SqliteException.ThrowExceptionForRC(code, _connection.Handle);
        return code is raw.SQLITE_ROW;
    }

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection.Handle);

    private void Run(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out sqlite3_stmt statement));
        _statements.Add(statement);
        return statement;
    }
}
