using System.Net;
using System.Net.Sockets;
using Npgsql;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.State;

public sealed class PostgresSettingsTests
{
    [Theory]
    [InlineData("host=db.example user=me password=secret port=5433 connect_timeout=10 database=data")]
    [InlineData("host = db.example  user='me' password='secret' port=5433 connect_timeout=10 dbname=data")]
    [InlineData("postgres://me:secret@db.example:5433/data?connect_timeout=10")]
    [InlineData("postgresql://me:se%63ret@db.example:5433/data?connect_timeout=10")]
    [InlineData("Host=db.example;Username=me;Password=secret;Port=5433;Timeout=10;Database=data")]
    public void ConnectionString_InEachForm_MeansTheSame(string text)
    {
        NpgsqlConnectionStringBuilder read = Read(("connectionString", text));
        Assert.Equal(("db.example", 5433, "me", "secret", "data", 10), (read.Host, read.Port, read.Username, read.Password, read.Database, read.Timeout));
    }

    [Theory]
    [InlineData(@"host=h password='it''s'", null)]
    [InlineData(@"host=h password='it\'s; \\x'", @"it's; \x")]
    [InlineData("host=h password=a;b", "a;b")]
    [InlineData("host=h password=", "")]
    public void Password_WithMarks_IsTakenAsItIs(string text, string? password)
    {
        if (password is null) Assert.Throws<ResourceException>(() => Read(("connectionString", text)));
        else Assert.Equal(password, Read(("connectionString", text)).Password ?? "");
    }

    [Fact]
    public void ConnectionString_SeveralHosts_KeepTheirPorts()
    {
        Assert.Equal("a:1,b:2", Read(("connectionString", "host=a,b port=1,2 user=u target_session_attrs=read-write")).Host);
        Assert.Equal("a:5432,b:2", Read(("connectionString", "postgres://u@a,b:2/d")).Host);
        Assert.Equal(("::1", 7), (Read(("connectionString", "postgres://u@[::1]:7/d")).Host, Read(("connectionString", "postgres://u@[::1]:7/d")).Port));
    }

    [Fact]
    public void ConnectionString_OtherNames_BecomeSettingsOfTheSession() =>
        Assert.Equal(@"-c search_path=a,\ b -c statement_timeout=5", Read(("connectionString", "host=h search_path='a, b' statement_timeout=5 pool_max_conn_lifetime=1h")).Options);

    [Fact]
    public void Fields_LikeDaprs_AreRead()
    {
        NpgsqlConnectionStringBuilder plain = Read(("connectionString", "host=h"));
        Assert.Equal((20, Math.Max(4, Environment.ProcessorCount), 64), (plain.CommandTimeout, plain.MaxPoolSize, plain.MaxAutoPrepare));
        NpgsqlConnectionStringBuilder set = Read(
            ("connectionString", "host=h password=old"), ("host", "other"), ("hostaddr", "10.0.0.1"), ("password", "new"), ("timeout", "30"), ("maxConns", "7"), ("connectionMaxIdleTime", "5m"), ("queryExecMode", "exec"));
        Assert.Equal(("10.0.0.1", "new", 30, 7, 300, 0), (set.Host, set.Password, set.CommandTimeout, set.MaxPoolSize, set.ConnectionIdleLifetime, set.MaxAutoPrepare));
        PostgresSettings tables = PostgresSettings.Read(PostgresServer.Spec("host=h", ("tablePrefix", "data.App_"), ("cleanupIntervalInSeconds", "60")));
        Assert.Equal(("\"data\".\"app_state\"", "\"dapr_metadata\"", TimeSpan.FromMinutes(1)), (tables.Table, tables.MetadataTable, tables.CleanupInterval));
        Assert.Null(PostgresSettings.Read(PostgresServer.Spec("host=h", ("cleanupInterval", "-1"))).CleanupInterval);
    }

    [Fact]
    public void Fields_AllWrong_AreToldAtOnceWithoutThePassword()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => PostgresSettings.Read(PostgresServer.Spec(
            "host=h password=hush sslmode=never", ("timeout", "10ms"), ("maxConns", "many"), ("tableName", "a; drop table b"), ("queryExecMode", "fast"), ("cleanupInterval", "soon"))));
        foreach (string field in (string[])["sslmode", "timeout", "maxConns", "tableName", "queryExecMode", "cleanupInterval"]) Assert.Contains(field, fault.Message);
        Assert.DoesNotContain("hush", fault.Message);
    }

    [Fact]
    public async Task Start_NoServer_TellsWhereAndWhatToDo()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        ComponentSpec spec = PostgresServer.Spec($"host=127.0.0.1 port={port} user=u") with { InitTimeout = TimeSpan.FromMilliseconds(300) };
        await using PostgresStateStore store = new(spec, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => store.StartAsync(default));
        Assert.Contains($"127.0.0.1:{port}", fault.Message);
        Assert.Contains("initTimeout", fault.Message);
    }

    private static NpgsqlConnectionStringBuilder Read(params (string Name, string Value)[] metadata) => new(PostgresSettings.Read(PostgresServer.Spec("", metadata)).ConnectionString);
}
