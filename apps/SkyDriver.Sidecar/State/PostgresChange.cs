using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace SkyDriver.Sidecar.State;

/// <summary>All that one request does to one key, as one statement that holds its condition itself: no writer comes in between.</summary>
/// <param name="Expected">The ETag that the key must have; null = any.</param>
/// <param name="MustBeMissing">The key must not be there.</param>
/// <param name="Value">Null = delete.</param>
internal sealed record PostgresChange(string Key, Guid? Expected, bool MustBeMissing, byte[]? Value, Guid ETag, DateTimeOffset? ExpiresAt)
{
    private bool Deletes => Value is null;

    public bool HasCondition => MustBeMissing || Expected is not null;

    /// <summary>Whether "nothing was there to change" may be the doing of an earlier try of the same request.</summary>
    public bool MayBeDone => Deletes && Expected is not null;

    /// <summary>Operations by key, in the order in which all writers take them, so that they never wait for each other in a circle.</summary>
    /// <remarks>As conditions are judged before any change, only those of a key's operations together and its last operation count.</remarks>
    /// <exception cref="ETagMismatchException">Conditions of one key contradict each other.</exception>
    /// <exception cref="ETagMalformedException">An ETag is of no form that PostgreSQL stores give.</exception>
    public static List<PostgresChange> Fold(IReadOnlyList<StateOperation> operations, TimeProvider clock)
    {
        if (operations.Count == 1) return [From(operations[0], null, clock)];
        Dictionary<string, PostgresChange> changes = new(StringComparer.Ordinal);
        foreach (StateOperation operation in operations) changes[operation.Key] = From(operation, changes.GetValueOrDefault(operation.Key), clock);
        List<PostgresChange> sorted = [.. changes.Values];
        sorted.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return sorted;
    }

    /// <summary>Changes one row if the condition holds, or none. With <see cref="MustBeMissing"/> and no value, it is the other way round.</summary>
    public NpgsqlBatchCommand Command(string table, DateTimeOffset now)
    {
        NpgsqlBatchCommand command = new(Sql(table));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Key });
        if (HasCondition) command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        if (Expected is { } expected) command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = expected });
        if (Deletes) return command;
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Value });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = ETag });
        command.Parameters.Add(ExpiresAt is { } end ? new NpgsqlParameter<DateTimeOffset> { TypedValue = end } : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return command;
    }

    public bool Holds(int changedRows) => !HasCondition || (Deletes && MustBeMissing ? changedRows == 0 : changedRows == 1);

    private static PostgresChange From(in StateOperation operation, PostgresChange? before, TimeProvider clock)
    {
        Guid? expected = before?.Expected;
        if (!string.IsNullOrEmpty(operation.ETag))
        {
            Guid etag = Parse(operation);
            if (expected is not null && expected != etag) throw new ETagMismatchException(operation.Key);
            expected = etag;
        }

        bool missing = (before?.MustBeMissing ?? false) || (operation.FirstWrite && string.IsNullOrEmpty(operation.ETag));
        if (missing && expected is not null) throw new ETagMismatchException(operation.Key);
        return new(operation.Key, expected, missing, operation.Kind is StateOperationKind.Delete ? null : operation.Value, Guid.NewGuid(), StateRules.Expiry(operation, clock));
    }

    private static Guid Parse(in StateOperation operation)
    {
        if (Guid.TryParseExact(operation.ETag, "D", out Guid etag)) return etag;
        // Version 1 of Dapr's component has numbers, so one is well-formed, though it never is the key's.
        throw uint.TryParse(operation.ETag, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? new ETagMismatchException(operation.Key) : new ETagMalformedException(operation.Key, operation.ETag!);
    }

    // "etag = mine" makes a second try of a request succeed whose first try was stored while its answer was lost.
    private string Sql(string table) => (Deletes, MustBeMissing, Expected) switch
    {
        (true, true, _) => $"DELETE FROM {table} WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2)",
        (true, _, null) => $"DELETE FROM {table} WHERE key = $1",
        (true, _, _) => $"DELETE FROM {table} WHERE key = $1 AND etag = $3 AND (expires_at IS NULL OR expires_at > $2)",
        (false, true, _) => $"INSERT INTO {table} AS t (key, value, etag, expires_at) VALUES ($1, $3, $4, $5) " +
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, updated_at = now(), expires_at = excluded.expires_at WHERE t.expires_at <= $2 OR t.etag = $4",
        (false, _, null) => $"INSERT INTO {table} (key, value, etag, expires_at) VALUES ($1, $2, $3, $4) " +
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, updated_at = now(), expires_at = excluded.expires_at",
        (false, _, _) => $"UPDATE {table} SET value = $4, etag = $5, updated_at = now(), expires_at = $6 WHERE key = $1 AND (etag = $3 AND (expires_at IS NULL OR expires_at > $2) OR etag = $5)",
    };
}
