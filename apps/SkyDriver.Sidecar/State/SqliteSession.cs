using Microsoft.Data.Sqlite;

namespace SkyDriver.Sidecar.State;

/// <summary>One connection to a store's file with its statements prepared. Used by one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _deleteExpired;
    private readonly SqliteCommand _keys;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;

    static SqliteSession() => SQLitePCL.Batteries_V2.Init();

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
            _find = Prepare($"SELECT value, etag, expires FROM {table} WHERE key = $key", "$key");
            _upsert = Prepare(
                $"INSERT INTO {table} (key, value, etag, expires) VALUES ($key, $value, $etag, $expires) " +
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, expires = excluded.expires",
                "$key", "$value", "$etag", "$expires");
            _delete = Prepare($"DELETE FROM {table} WHERE key = $key", "$key");
            _deleteExpired = Prepare($"DELETE FROM {table} WHERE expires <= $now", "$now");
            _keys = Prepare($"SELECT key FROM {table} WHERE key >= $from AND key < $to AND (expires IS NULL OR expires > $now) ORDER BY key", "$from", "$to", "$now");
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _rollback = Prepare("ROLLBACK");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    /// <summary>Gives up the open transaction, if there still is one: some faults end it by themselves.</summary>
    public void Rollback()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // "no transaction is active"
        }
    }

    public StateRecord? Find(string key, DateTimeOffset now)
    {
        _find.Parameters[0].Value = key;
        using SqliteDataReader reader = _find.ExecuteReader();
        if (!reader.Read()) return null;
        DateTimeOffset? expires = reader.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2));
        return expires <= now ? null : new(reader.GetFieldValue<byte[]>(0), ETagSource.Text(reader.GetInt64(1)), expires);
    }

    public void Upsert(string key, byte[] value, long etag, DateTimeOffset? expires)
    {
        _upsert.Parameters[0].Value = key;
        _upsert.Parameters[1].Value = value;
        _upsert.Parameters[2].Value = etag;
        _upsert.Parameters[3].Value = expires?.ToUnixTimeMilliseconds() ?? (object)DBNull.Value;
        _upsert.ExecuteNonQuery();
    }

    public void Delete(string key)
    {
        _delete.Parameters[0].Value = key;
        _delete.ExecuteNonQuery();
    }

    public void DeleteExpired(DateTimeOffset now)
    {
        _deleteExpired.Parameters[0].Value = now.ToUnixTimeMilliseconds();
        _deleteExpired.ExecuteNonQuery();
    }

    /// <remarks>Keys compare by their UTF-8 bytes, so U+10FFFF, which no key holds, ends the range.</remarks>
    public List<string> Keys(string prefix, DateTimeOffset now)
    {
        _keys.Parameters[0].Value = prefix;
        _keys.Parameters[1].Value = prefix + "\U0010FFFF";
        _keys.Parameters[2].Value = now.ToUnixTimeMilliseconds();
        using SqliteDataReader reader = _keys.ExecuteReader();
        List<string> found = [];
        while (reader.Read()) found.Add(reader.GetString(0));
        return found;
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in (SqliteCommand[])[_find, _upsert, _delete, _deleteExpired, _keys, _begin, _commit, _rollback]) command.Dispose();
        _connection.Dispose();
    }

    private void Run(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params string[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}
