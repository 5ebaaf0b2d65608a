using System.Net;
using System.Net.Http.Json;
using Dapr;
using Dapr.Client;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Conformance.Tests.State;

/// <summary>What every state store does, seen through the API; each store derives.</summary>
public abstract class StateConformance : IAsyncLifetime
{
    private const string Store = "store";
    private SidecarFixture _sidecar = null!;
    private DaprClient _client = null!;
    private InstancePorts _ports = null!;

    protected abstract string ComponentType { get; }

    protected abstract string[] Metadata { get; }

    public async ValueTask InitializeAsync()
    {
        _sidecar = new(SidecarFixture.Component(Store, ComponentType, Metadata));
        (_client, _ports) = await _sidecar.AddCallerAsync("caller");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _sidecar.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Get_MissingKey_IsNothingAndNoError()
    {
        (string? value, string etag) = await _client.GetStateAndETagAsync<string?>(Store, "missing");
        Assert.Null(value);
        Assert.True(string.IsNullOrEmpty(etag));
        using HttpClient http = new();
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync($"http://127.0.0.1:{_ports.Http}/v1.0/state/{Store}/missing")).StatusCode);
    }

    [Fact]
    public async Task Save_ThenGet_GivesTheValueAndANewETagEachTime()
    {
        await _client.SaveStateAsync(Store, "key", new[] { 1, 2 });
        (int[] first, string before) = await _client.GetStateAndETagAsync<int[]>(Store, "key");
        await _client.SaveStateAsync(Store, "key", new[] { 3 });
        (int[] second, string after) = await _client.GetStateAndETagAsync<int[]>(Store, "key");
        Assert.Equal([1, 2], first);
        Assert.Equal([3], second);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task TrySave_OutdatedETag_ChangesNothing()
    {
        await _client.SaveStateAsync(Store, "key", "one");
        (_, string etag) = await _client.GetStateAndETagAsync<string>(Store, "key");
        Assert.True(await _client.TrySaveStateAsync(Store, "key", "two", etag));
        Assert.False(await _client.TrySaveStateAsync(Store, "key", "three", etag));
        Assert.Equal("two", await _client.GetStateAsync<string>(Store, "key"));
    }

    [Fact]
    public async Task Save_FirstWriteWithoutETag_CreatesOnce()
    {
        StateOptions firstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };
        Assert.True(await _client.TrySaveStateAsync(Store, "key", "mine", "", firstWrite));
        Assert.False(await _client.TrySaveStateAsync(Store, "key", "yours", "", firstWrite));
        Assert.Equal("mine", await _client.GetStateAsync<string>(Store, "key"));
    }

    [Fact]
    public async Task Save_OfManyRacingWriters_OneWinsEachRound()
    {
        await _client.SaveStateAsync(Store, "key", 0);
        for (int round = 0; round < 5; round++)
        {
            (_, string etag) = await _client.GetStateAndETagAsync<int>(Store, "key");
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _client.TrySaveStateAsync(Store, "key", i, etag)));
            Assert.Equal(1, won.Count(w => w));
        }
    }

    [Fact]
    public async Task Transaction_OneConditionFails_NothingOfItIsThere()
    {
        await _client.SaveStateAsync(Store, "b", "old");
        await Assert.ThrowsAsync<DaprException>(() => _client.ExecuteStateTransactionAsync(Store,
        [
            new StateTransactionRequest("a", "\"new\""u8.ToArray(), StateOperationType.Upsert),
            new StateTransactionRequest("b", "\"new\""u8.ToArray(), StateOperationType.Upsert, etag: "999999"),
        ]));
        Assert.Null(await _client.GetStateAsync<string?>(Store, "a"));
        Assert.Equal("old", await _client.GetStateAsync<string>(Store, "b"));
        await _client.ExecuteStateTransactionAsync(Store,
        [
            new StateTransactionRequest("a", "\"new\""u8.ToArray(), StateOperationType.Upsert),
            new StateTransactionRequest("b", null, StateOperationType.Delete),
        ]);
        Assert.Equal("new", await _client.GetStateAsync<string>(Store, "a"));
        Assert.Null(await _client.GetStateAsync<string?>(Store, "b"));
    }

    [Fact]
    public async Task Bytes_OfAnyKind_ComeBackTheSame()
    {
        byte[] bytes = [.. Enumerable.Range(0, 70_000).Select(i => unchecked((byte)(i * 7)))];
        await _client.SaveByteStateAsync(Store, "blob", bytes);
        Assert.Equal(bytes, (await _client.GetByteStateAsync(Store, "blob")).ToArray());
    }

    [Fact]
    public async Task Delete_OfAMissingKey_IsNoError()
    {
        await _client.DeleteStateAsync(Store, "never");
        await _client.SaveStateAsync(Store, "key", 1);
        await _client.DeleteStateAsync(Store, "key");
        Assert.Equal(0, await _client.GetStateAsync<int>(Store, "key"));
    }

    [Fact]
    public async Task Http_Refusals_HaveDaprsCodes()
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{_ports.Http}") };
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/v1.0/state/other/key")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync($"/v1.0/state/{Store}", new StringContent("no json"))).StatusCode);
        await http.PostAsJsonAsync($"/v1.0/state/{Store}", new[] { new { key = "key", value = 1 } });
        HttpResponseMessage conflict = await http.PostAsJsonAsync($"/v1.0/state/{Store}", new[] { new { key = "key", value = 2, etag = "999999" } });
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Contains("ERR_STATE_SAVE", await conflict.Content.ReadAsStringAsync());
        Assert.Equal("1", await http.GetStringAsync($"/v1.0/state/{Store}/key"));
    }
}

public sealed class InMemoryStateConformanceTests : StateConformance
{
    protected override string ComponentType => "state.in-memory";

    protected override string[] Metadata => [];
}

public sealed class SqliteStateConformanceTests : StateConformance
{
    protected override string ComponentType => "state.sqlite";

    protected override string[] Metadata => ["connectionString=state.db"];
}
