using System.Runtime.CompilerServices;
using Npgsql;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>Values in a table of a PostgreSQL server (<c>state.postgresql</c>), which sidecars on several machines may share.</summary>
/// <remarks>A request is one statement or one transaction; conditions are part of the statements. Lives are measured by the clocks of
/// the sidecars, which must agree to well below the lives in use.</remarks>
internal sealed class PostgresStateStore : IStateStore, IKeyScan, IStartsLate
{
    private const string Columns = "key, value, etag, expires_at";

    private readonly PostgresSettings _settings;
    private readonly string _name;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PostgresSession _session;
    private readonly SemaphoreSlim _starting = new(1);
    private readonly ITimer? _cleanup;
    private volatile bool _ready;

    /// <exception cref="ResourceException">Metadata are wrong.</exception>
    public PostgresStateStore(ComponentSpec component, TimeProvider clock, ILogger logger)
    {
        (_settings, _clock, _logger) = (PostgresSettings.Read(component), clock, logger);
        _name = $"{component.Source}: component {component.Name} ({component.Type})";
        _session = new(_settings.ConnectionString, clock);
        if (_settings.CleanupInterval is { } every) _cleanup = clock.CreateTimer(_ => _ = CleanUpAsync(every), null, every, every);
    }

    /// <summary>Waits for the server, within the component's time limit, and makes the tables.</summary>
    /// <exception cref="ResourceException">There is no such server, or it refuses.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await _starting.WaitAsync(ct);
        try
        {
            if (_ready) return;
            await _session.ConnectAsync(_settings.InitTimeout, connection => PostgresTables.EnsureAsync(connection, _settings, ct), ct);
            _ready = true;
        }
        catch (Exception fault) when (fault is TimeoutException or PostgresException or NotSupportedException)
        {
            throw new ResourceException(fault is TimeoutException
                ? $"{_name}: no PostgreSQL server takes connections at {_settings.Address} within {_settings.InitTimeout.TotalSeconds:0.#} s ({fault.Message}); start it, correct connectionString, or raise initTimeout."
                : $"{_name}: the PostgreSQL server at {_settings.Address} refuses: {(fault as PostgresException)?.MessageText ?? fault.Message}.");
        }
        finally
        {
            _starting.Release();
        }
    }

    public async Task<StateRecord?> GetAsync(string key, CancellationToken ct)
    {
        await EnsureReadyAsync(ct);
        return await _session.RunAsync<StateRecord?>(async (connection, _) =>
        {
            await using NpgsqlCommand command = new($"SELECT {Columns} FROM {_settings.Table} WHERE key = $1", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = key } } };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
            return await reader.ReadAsync(ct) ? Record(reader, _clock.GetUtcNow()) : null;
        }, ct);
    }

    public async Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct)
    {
        await EnsureReadyAsync(ct);
        Dictionary<string, StateRecord> found = await _session.RunAsync(async (connection, _) =>
        {
            Dictionary<string, StateRecord> records = new(StringComparer.Ordinal);
            await using NpgsqlCommand command = new($"SELECT {Columns} FROM {_settings.Table} WHERE key = ANY($1)", connection)
            {
                Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. keys] } },
            };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
            DateTimeOffset now = _clock.GetUtcNow();
            while (await reader.ReadAsync(ct))
            {
                if (Record(reader, now) is { } record) records[reader.GetString(0)] = record;
            }

            return records;
        }, ct);
        return [.. keys.Select(key => found.TryGetValue(key, out StateRecord record) ? record : (StateRecord?)null)];
    }

    public async Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        if (operations.Count == 0) return;
        List<PostgresChange> changes = PostgresChange.Fold(operations, _clock);
        await EnsureReadyAsync(ct);
        await _session.RunAsync(async (connection, again) =>
        {
            // Without conditions one batch is a transaction by itself; with them, the rows that changed are looked at before the commit.
            bool judged = changes.Exists(c => c.HasCondition);
            await using NpgsqlTransaction? transaction = judged ? await connection.BeginTransactionAsync(ct) : null;
            await using NpgsqlBatch batch = new(connection, transaction);
            DateTimeOffset now = _clock.GetUtcNow();
            foreach (PostgresChange change in changes) batch.BatchCommands.Add(change.Command(_settings.Table, now));
            await batch.ExecuteNonQueryAsync(ct);
            if (!judged) return true;
            for (int i = 0; i < changes.Count; i++)
            {
                if (changes[i].Holds(batch.BatchCommands[i].RecordsAffected)) continue;
                if (!again || !changes[i].MayBeDone || await IsThereAsync(connection, changes[i].Key, ct)) throw new ETagMismatchException(changes[i].Key);
            }

            await transaction!.CommitAsync(ct);
            return true;
        }, ct);
    }

    public async IAsyncEnumerable<string> KeysAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await EnsureReadyAsync(ct);
        List<string> found = await _session.RunAsync(async (connection, _) =>
        {
            List<string> keys = [];
            // U+10FFFF, which no key holds, ends the range of the bytes.
            await using NpgsqlCommand command = new($"SELECT key FROM {_settings.Table} WHERE key COLLATE \"C\" >= $1 AND key COLLATE \"C\" < $2 AND (expires_at IS NULL OR expires_at > $3) ORDER BY key COLLATE \"C\"", connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = prefix }, new NpgsqlParameter<string> { TypedValue = prefix + "\U0010FFFF" }, new NpgsqlParameter<DateTimeOffset> { TypedValue = _clock.GetUtcNow() } },
            };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) keys.Add(reader.GetString(0));
            return keys;
        }, ct);
        foreach (string key in found)
        {
            ct.ThrowIfCancellationRequested();
            yield return key;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cleanup is not null) await _cleanup.DisposeAsync();
        await _session.DisposeAsync();
    }

    /// <summary>A request may come before the start, or after one that failed and was to be ignored.</summary>
    private Task EnsureReadyAsync(CancellationToken ct) => _ready ? Task.CompletedTask : StartAsync(ct);

    private static StateRecord? Record(NpgsqlDataReader reader, DateTimeOffset now)
    {
        DateTimeOffset? expires = reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3);
        return expires <= now ? null : new(reader.GetFieldValue<byte[]>(1), reader.GetGuid(2).ToString(), expires);
    }

    private async Task<bool> IsThereAsync(NpgsqlConnection connection, string key, CancellationToken ct)
    {
        await using NpgsqlCommand command = new($"SELECT 1 FROM {_settings.Table} WHERE key = $1", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = key } } };
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>Removes expired rows, unless another sidecar did so within the interval.</summary>
    private async Task CleanUpAsync(TimeSpan every)
    {
        try
        {
            await EnsureReadyAsync(CancellationToken.None);
            await _session.RunAsync(async (connection, _) =>
            {
                // Half the interval, as the clocks and timers of two sidecars differ a little.
                await using NpgsqlCommand turn = new(
                    $"INSERT INTO {_settings.MetadataTable} AS t (key, value) VALUES ($1, now()::text) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE t.value::timestamptz < now() - $2", connection)
                {
                    Parameters = { new() { Value = $"last-cleanup-state-v2-{_settings.Table}" }, new() { Value = every / 2 } },
                };
                if (await turn.ExecuteNonQueryAsync() == 0) return 0;
                await using NpgsqlCommand delete = new(
                    $"DELETE FROM {_settings.Table} WHERE key IN (SELECT key FROM {_settings.Table} WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED)", connection)
                {
                    Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = _clock.GetUtcNow() } },
                };
                return await delete.ExecuteNonQueryAsync();
            }, CancellationToken.None);
        }
        catch (Exception fault) when (fault is NpgsqlException or ResourceException or ObjectDisposedException or OperationCanceledException)
        {
            _logger.LogWarning("{Component}: expired values were not removed: {Fault}", _name, fault.Message);
        }
    }
}
