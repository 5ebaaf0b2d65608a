using System.Text.RegularExpressions;
using Npgsql;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>Where a <c>state.postgresql</c> component keeps its data; field names and defaults as in Dapr's component.</summary>
internal sealed partial record PostgresSettings
{
    private static readonly string[] AddressFields = ["host", "hostaddr", "port", "database", "user", "password", "sslRootCert"];
    private static readonly string[] Prepared = ["cache_statement"], Unprepared = ["cache_describe", "describe_exec", "exec", "simple_protocol"];

    public required string ConnectionString { get; init; }

    /// <summary>Where it connects to, for messages.</summary>
    public required string Address { get; init; }

    /// <summary>Quoted, with its schema if one was given.</summary>
    public required string Table { get; init; }

    /// <summary>Quoted; holds when expired rows were last removed, which one of all sidecars does.</summary>
    public required string MetadataTable { get; init; }

    /// <summary>Under which Dapr's component notes in the metadata table that the table is made; null where it has a table of another form.</summary>
    public string? MigrationKey { get; init; }

    /// <summary>Null = never.</summary>
    public TimeSpan? CleanupInterval { get; init; }

    /// <summary>How long the server may take to appear at the start.</summary>
    public TimeSpan InitTimeout { get; init; }

    /// <exception cref="ResourceException">Fields are missing or wrong; all faults are listed.</exception>
    public static PostgresSettings Read(ComponentSpec component)
    {
        List<string> faults = [];
        NpgsqlConnectionStringBuilder connection = Gather(faults, () => Connection(component)) ?? [];
        TimeSpan timeout = Gather(faults, () => component.Seconds("timeout")) ?? TimeSpan.FromSeconds(20);
        if (timeout < TimeSpan.FromSeconds(1)) faults.Add(component.Fault("timeout", component.Value("timeout") ?? "", "use at least 1s").Message);
        TimeSpan? idle = Gather(faults, () => component.Seconds("connectionMaxIdleTime"));
        int most = Gather<int?>(faults, () => component.Number("maxConns", 0, int.MinValue, 10_000)) ?? 0;
        bool prepare = Gather<bool?>(faults, () => Prepares(component)) ?? true;
        string? table = Gather(faults, () => Name(component, "tableName", component.Value("tablePrefix") ?? "", "state"));
        string? metadata = Gather(faults, () => Name(component, "metadataTableName", "", "dapr_metadata"));
        TimeSpan? cleanup = Gather(faults, () => component.CleanupInterval());
        if (faults.Count > 0) throw new ResourceException(faults);

        connection.CommandTimeout = (int)Math.Ceiling(timeout.TotalSeconds);
        if (idle > TimeSpan.Zero) (connection.ConnectionIdleLifetime, connection.ConnectionPruningInterval) = ((int)Math.Ceiling(idle.Value.TotalSeconds), 1);
        if (most > 0 || !connection.ShouldSerialize("Maximum Pool Size")) connection.MaxPoolSize = most > 0 ? most : Math.Max(4, Environment.ProcessorCount);
        // Behind a proxy that shares connections among sessions, nothing may be prepared nor reset.
        (connection.MaxAutoPrepare, connection.AutoPrepareMinUsages, connection.NoResetOnClose) = (prepare ? 64 : 0, 2, true);
        connection.TcpKeepAlive = true;
        connection.ApplicationName ??= "dapr";
        return new()
        {
            ConnectionString = connection.ConnectionString,
            Address = connection.Host!.Contains(':', StringComparison.Ordinal) ? connection.Host : $"{connection.Host}:{connection.Port}",
            Table = table!,
            MetadataTable = metadata!,
            MigrationKey = component.Version is "v2" ? "migrations-state-v2-" + component.Value("tablePrefix") : null,
            CleanupInterval = cleanup,
            InitTimeout = component.InitTimeout,
        };
    }

    private static NpgsqlConnectionStringBuilder Connection(ComponentSpec component)
    {
        Dictionary<string, string> more = AddressFields.Where(f => component.Value(f) is not null).ToDictionary(f => f, f => component.Value(f)!);
        string text = component.Value("connectionString") ?? component.Value("url") ?? (more.ContainsKey("host") || more.ContainsKey("hostaddr") ? "" : component.Required("connectionString"));
        try
        {
            return PostgresConnectionText.Parse(text, more);
        }
        catch (FormatException fault)
        {
            throw new ResourceException($"{component.Source}: component {component.Name} ({component.Type}): metadata 'connectionString' cannot be read: {fault.Message}.");
        }
    }

    private static bool Prepares(ComponentSpec component)
    {
        if (component.Value("queryExecMode") is not { } mode) return true;
        if (!Prepared.Contains(mode) && !Unprepared.Contains(mode)) throw component.Fault("queryExecMode", mode, $"use one of {string.Join(", ", Prepared.Concat(Unprepared))}");
        return Prepared.Contains(mode);
    }

    /// <summary>Written without quotes, so PostgreSQL takes it in lower case; quoted here, as a name may be a word of SQL.</summary>
    private static string Name(ComponentSpec component, string field, string prefix, string fallback)
    {
        string name = prefix + (component.Value(field) ?? fallback);
        if (!NamePattern().IsMatch(name)) throw component.Fault(field, name, "use letters, digits and underscores, not more than 63, after a schema and a dot if need be");
        return string.Join('.', name.ToLowerInvariant().Split('.').Select(part => $"\"{part}\""));
    }

    private static T? Gather<T>(List<string> faults, Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (ResourceException fault)
        {
            faults.AddRange(fault.Faults);
            return default;
        }
    }

    [GeneratedRegex(@"^([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}$")]
    private static partial Regex NamePattern();
}
