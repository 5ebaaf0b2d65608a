using Npgsql;

namespace SkyDriver.Sidecar.State;

/// <summary>The tables of a <c>state.postgresql</c> component: those of version 2 of Dapr's, so that a Dapr runtime may share them.</summary>
/// <remarks>Values are bytes, not <c>jsonb</c> as in Dapr's version 1: they come back as they were given, JSON or not. Keys order by
/// their bytes whatever the language of the database, as the engines list them by prefix.</remarks>
internal static class PostgresTables
{
    // Any number will do that no other program takes for its own lock; all sidecars must have the same.
    private const long CreationLock = 0x6461_7072_7374_6174;

    private static readonly string[] Columns = ["key text", "value bytea", "etag uuid", "updated_at timestamp with time zone", "expires_at timestamp with time zone"];

    /// <summary>Makes what is not there. Sidecars that start at the same time take turns.</summary>
    /// <exception cref="NotSupportedException">The table is there, with columns of another program.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, PostgresSettings settings, CancellationToken ct)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(ct);
        await RunAsync($"SELECT pg_advisory_xact_lock({CreationLock})");
        // Asked first, as a user who may not create tables may use those that are there.
        if (!await ExistsAsync(settings.Table))
        {
            await RunAsync($"""
                CREATE TABLE {settings.Table} (key text COLLATE "C" NOT NULL PRIMARY KEY, value bytea NOT NULL, etag uuid NOT NULL DEFAULT gen_random_uuid(),
                    created_at timestamp with time zone NOT NULL DEFAULT now(), updated_at timestamp with time zone, expires_at timestamp with time zone);
                CREATE INDEX ON {settings.Table} (expires_at)
                """);
        }

        await CheckColumnsAsync(connection, settings.Table, ct);
        if (!await ExistsAsync(settings.MetadataTable)) await RunAsync($"CREATE TABLE {settings.MetadataTable} (key text NOT NULL PRIMARY KEY, value text NOT NULL)");
        // A Dapr runtime looks here whether the table is made.
        if (settings.MigrationKey is { } key) await RunAsync($"INSERT INTO {settings.MetadataTable} (key, value) VALUES ($1, '1') ON CONFLICT (key) DO NOTHING", key);
        await transaction.CommitAsync(ct);

        async Task RunAsync(string sql, params string[] values)
        {
            await using NpgsqlCommand command = new(sql, connection);
            foreach (string value in values) command.Parameters.Add(new() { Value = value });
            await command.ExecuteNonQueryAsync(ct);
        }

        async Task<bool> ExistsAsync(string table)
        {
            await using NpgsqlCommand command = new("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { new() { Value = table } } };
            return (bool)(await command.ExecuteScalarAsync(ct))!;
        }
    }

    private static async Task CheckColumnsAsync(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(
            "SELECT attname || ' ' || format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped", connection)
        {
            Parameters = { new() { Value = table } },
        };
        List<string> found = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(reader.GetString(0));
        string[] missing = [.. Columns.Except(found)];
        if (missing.Length > 0) throw new NotSupportedException($"the table {table} was made by another program: it lacks {string.Join(", ", missing)}; choose another tableName");
    }
}
