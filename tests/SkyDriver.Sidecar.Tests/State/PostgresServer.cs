using Npgsql;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>The PostgreSQL server that <c>tests/servers</c> started, and tables of a test's own in it.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _tables = $"test_{Guid.NewGuid():N}";

    private PostgresServer(string connection) => Connection = connection;

    public string Connection { get; }

    /// <summary>Skips the test where there is no server.</summary>
    public static PostgresServer Find()
    {
        string? connection = Environment.GetEnvironmentVariable("CONFORMANCE_POSTGRESQL");
        Assert.SkipWhen(string.IsNullOrEmpty(connection), "CONFORMANCE_POSTGRESQL is not set; tests/servers start DIR starts a server and prints it");
        return new(connection!);
    }

    public ComponentSpec Spec(params (string Name, string Value)[] more) => Spec(Connection, [("tableName", _tables), ("metadataTableName", _tables + "_meta"), .. more]);

    public static ComponentSpec Spec(string connection, params (string Name, string Value)[] more) => new(
        "store", "state.postgresql", "v1", "file", false, TimeSpan.FromSeconds(30),
        more.Prepend((Name: "connectionString", Value: connection)).GroupBy(m => m.Name).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.OrdinalIgnoreCase));

    public PostgresStateStore Open(TimeProvider clock, params (string Name, string Value)[] more) => new(Spec(more), clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    public async Task<object?> AskAsync(string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(PostgresSettings.Read(Spec()).ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql.Replace("{table}", _tables, StringComparison.Ordinal));
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync() => await AskAsync("DROP TABLE IF EXISTS {table}, {table}_meta");
}
