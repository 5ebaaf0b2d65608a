using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>On a real server; what every store does is inherited.</summary>
public sealed class PostgresStateStoreTests : StateStoreTests
{
    private PostgresServer _server = null!;

    public override ValueTask InitializeAsync()
    {
        _server = PostgresServer.Find();
        return base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_server is null) return;
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Start_ManySidecarsAtOnce_OneMakesTheTables()
    {
        PostgresStateStore[] stores = [.. Enumerable.Range(0, 8).Select(_ => _server.Open(Clock))];
        await Task.WhenAll(stores.Select(s => s.StartAsync(default)));
        await stores[0].ApplyAsync([Put("k")], default);
        Assert.All(await Task.WhenAll(stores.Select(s => s.GetAsync("k", default))), found => Assert.NotNull(found));
        foreach (PostgresStateStore store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task Values_OfEveryByte_ComeBackTheSame()
    {
        byte[] bytes = [.. Enumerable.Range(0, 70_000).Select(i => unchecked((byte)i))];
        await Store.ApplyAsync([Put("bytes") with { Value = bytes }, Put("none") with { Value = [] }], default);
        Assert.Equal(bytes, (await Store.GetAsync("bytes", default))!.Value.Value);
        Assert.Empty((await Store.GetAsync("none", default))!.Value.Value);
    }

    [Fact]
    public async Task Apply_AnETagOfNoForm_IsMalformed()
    {
        ETagMalformedException fault = await Assert.ThrowsAsync<ETagMalformedException>(() => Store.ApplyAsync([Put("k") with { ETag = "no etag" }], default));
        Assert.Equal("k", fault.Key);
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.ApplyAsync([Put("k") with { ETag = Guid.NewGuid().ToString() }], default));
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.ApplyAsync([Put("k") with { ETag = "4711" }], default));
    }

    [Fact]
    public async Task Apply_FirstWritersRaceInTransactions_OneWinsAndNothingIsMixed()
    {
        // Each transaction creates the same key and one of its own; all or none of a transaction may be there.
        Task[] writes = [.. Enumerable.Range(0, 16).Select(i => Store.ApplyAsync([Put($"own{i}"), Put("shared") with { FirstWrite = true, Value = [(byte)i] }], default))];
        await Task.WhenAny(Task.WhenAll(writes));
        int winner = Assert.Single(Enumerable.Range(0, writes.Length), i => writes[i].IsCompletedSuccessfully);
        Assert.Equal([(byte)winner], (await Store.GetAsync("shared", default))!.Value.Value);
        Assert.Equal([$"own{winner}"], await ListAsync("own"));
    }

    [Fact]
    public async Task Apply_TransactionsInOppositeOrders_NeverBlockEachOther()
    {
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => $"k{i}")];
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Store.ApplyAsync([.. (i % 2 == 0 ? keys : keys.Reverse()).Select(Put)], default)));
        Assert.Equal(20, (await ListAsync("k")).Count);
    }

    [Fact]
    public async Task Cleanup_AfterItsInterval_RemovesExpiredRowsOnly()
    {
        await Store.ApplyAsync([Put("old") with { Ttl = TimeSpan.FromSeconds(1) }, Put("kept"), Put("young") with { Ttl = TimeSpan.FromHours(9) }], default);
        Clock.Advance(TimeSpan.FromHours(1));
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while ((long)(await _server.AskAsync("SELECT count(*) FROM {table}"))! == 3) deadline.Token.ThrowIfCancellationRequested();
        Assert.Equal(["kept", "young"], await ListAsync(""));
        Assert.Equal(2L, await _server.AskAsync("SELECT count(*) FROM {table}"));
    }

    [Fact]
    public async Task Requests_AfterEveryConnectionWasCut_AreServedAgain()
    {
        // As a restart of the server does to a pool, while all of it is idle or in use.
        await using PostgresStateStore store = _server.Open(TimeProvider.System, ("maxConns", "6"));
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => store.ApplyAsync([Put($"k{i}")], default)));
        string etag = (await store.GetAsync("k0", default))!.Value.ETag;
        const string Cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'dapr' AND pid <> pg_backend_pid() AND query LIKE '%{table}%'";
        Assert.NotEqual(0L, await _server.AskAsync(Cut));
        await store.ApplyAsync([Put("k0") with { ETag = etag }], default);
        Task<object?> cut = _server.AskAsync(Cut);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.ApplyAsync([Put($"n{i}")], default)));
        await cut;
        Assert.Equal(12, (await store.GetManyAsync([.. Enumerable.Range(0, 12).Select(i => $"k{i}")], default)).Count(r => r is not null));
        Assert.All(await store.GetManyAsync([.. Enumerable.Range(0, 200).Select(i => $"n{i}")], default), r => Assert.NotNull(r));
    }

    [Fact]
    public async Task Start_ATableOfAnotherProgram_IsLeftAloneAndTold()
    {
        await _server.AskAsync("CREATE TABLE {table} (key text PRIMARY KEY, value jsonb NOT NULL, isbinary boolean NOT NULL)");
        await using PostgresStateStore store = _server.Open(Clock);
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => store.StartAsync(default));
        Assert.Contains("value bytea", fault.Message);
        Assert.Contains("tableName", fault.Message);
    }

    [Fact]
    public async Task Start_Version2_LeavesDaprsMarkAndTakesTheTableThatDaprMakes()
    {
        // As version 2 of Dapr's component makes them.
        await _server.AskAsync("""
            CREATE TABLE {table} (key text NOT NULL PRIMARY KEY, value bytea NOT NULL, etag uuid NOT NULL DEFAULT gen_random_uuid(),
                created_at timestamp with time zone NOT NULL DEFAULT now(), updated_at timestamp with time zone, expires_at timestamp with time zone);
            INSERT INTO {table} (key, value) VALUES ('app||b', '2'), ('app||B', '1'), ('apq', '3')
            """);
        await using PostgresStateStore store = new(_server.Spec() with { Version = "v2" }, Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        StateRecord theirs = (await store.GetAsync("app||b", default))!.Value;
        Assert.Equal("2"u8.ToArray(), theirs.Value);
        await store.ApplyAsync([Put("app||b") with { ETag = theirs.ETag }], default);
        List<string> keys = [];
        await foreach (string key in store.KeysAsync("app||", default)) keys.Add(key);
        Assert.Equal(["app||B", "app||b"], keys);
        Assert.Equal("1", await _server.AskAsync("SELECT value FROM {table}_meta WHERE key = 'migrations-state-v2-'"));
    }

    [Fact]
    public async Task Start_WrongPassword_IsToldAtOnceWithoutIt()
    {
        await using PostgresStateStore store = _server.Open(Clock, ("password", "hush"));
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => store.StartAsync(default));
        Assert.Contains("password authentication failed", fault.Message);
        Assert.DoesNotContain("hush", fault.Message);
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("simple_protocol")]
    public async Task Requests_WithoutPreparedStatements_DoTheSame(string mode)
    {
        await using PostgresStateStore store = _server.Open(Clock, ("queryExecMode", mode));
        for (int i = 0; i < 5; i++) await store.ApplyAsync([Put("k") with { Value = [(byte)i] }], default);
        Assert.Equal([4], (await store.GetAsync("k", default))!.Value.Value);
    }

    private protected override IStateStore Open() => _server.Open(Clock);
}
