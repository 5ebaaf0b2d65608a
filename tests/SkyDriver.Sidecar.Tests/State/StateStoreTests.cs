using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>What engines ask of a store beyond the API: keys, lives and moments; each store derives.</summary>
public abstract class StateStoreTests : IAsyncLifetime
{
    private protected ManualClock Clock { get; } = new();

    private protected IStateStore Store { get; private set; } = null!;

    private protected abstract IStateStore Open();

    public virtual ValueTask InitializeAsync()
    {
        Store = Open();
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Keys_WithAPrefix_AreListedInOrder()
    {
        string[] keys = ["a||1", "a||2", "a|", "ab||3", "a||é", "a||\U0001F600"];
        await Store.ApplyAsync([.. keys.Select(Put)], default);
        Assert.Equal(["a||1", "a||2", "a||é", "a||\U0001F600"], await ListAsync("a||"));
        Assert.Equal(keys.Length, (await ListAsync("")).Count);
    }

    [Fact]
    public async Task Get_ItsLifeIsOver_IsMissingAndCanBeCreatedAgain()
    {
        await Store.ApplyAsync([Put("k") with { Ttl = TimeSpan.FromSeconds(5) }], default);
        Assert.Equal(Clock.GetUtcNow().AddSeconds(5), (await Store.GetAsync("k", default))!.Value.ExpiresAt);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await Store.GetAsync("k", default));
        Assert.Empty(await ListAsync("k"));
        await Store.ApplyAsync([Put("k") with { FirstWrite = true }], default);
        Assert.Null((await Store.GetAsync("k", default))!.Value.ExpiresAt);
    }

    [Fact]
    public async Task Apply_SameKeyTwice_TheLastOneHolds()
    {
        await Store.ApplyAsync([Put("k"), new(StateOperationKind.Delete, "k", []), Put("k") with { Value = [9] }], default);
        Assert.Equal([9], (await Store.GetAsync("k", default))!.Value.Value);
    }

    [Fact]
    public async Task Apply_ManyAtOnce_EachConditionIsJudgedByItself()
    {
        await Store.ApplyAsync([Put("k")], default);
        string etag = (await Store.GetAsync("k", default))!.Value.ETag;
        Task[] writes = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? Store.ApplyAsync([Put($"n{i}")], default) : Store.ApplyAsync([Put($"n{i}"), Put("k") with { ETag = etag }], default))];
        await Task.WhenAny(Task.WhenAll(writes));
        Assert.Equal(1, Enumerable.Range(0, 40).Count(i => i % 2 == 1 && writes[i].IsCompletedSuccessfully));
        Assert.All(writes.Where(w => w.IsFaulted), w => Assert.IsType<ETagMismatchException>(w.Exception!.InnerException));
        IReadOnlyList<StateRecord?> stored = await Store.GetManyAsync([.. Enumerable.Range(0, 40).Select(i => $"n{i}")], default);
        Assert.Equal(writes.Select(w => w.IsCompletedSuccessfully), stored.Select(s => s is not null));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task Operations_InAnyOrder_DoWhatTheModelDoes(int seed) => new StateModel(Store, Clock, seed).RunAsync(steps: 150);

    private protected static StateOperation Put(string key) => new(StateOperationKind.Upsert, key, [1]);

    private protected async Task<List<string>> ListAsync(string prefix)
    {
        List<string> keys = [];
        await foreach (string key in ((IKeyScan)Store).KeysAsync(prefix, default)) keys.Add(key);
        return keys;
    }
}

public sealed class InMemoryStateStoreTests : StateStoreTests
{
    private protected override IStateStore Open() => new InMemoryStateStore(Clock);
}

public sealed class SqliteStateStoreTests : StateStoreTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sqlite-test-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Open_AgainAfterWrites_HasThemWithTheirETags()
    {
        await Store.ApplyAsync([Put("k")], default);
        StateRecord before = (await Store.GetAsync("k", default))!.Value;
        await using IStateStore second = Open();   // while the first still has it open, as another process would
        Assert.Equal(before.ETag, (await second.GetAsync("k", default))!.Value.ETag);
        await second.ApplyAsync([Put("k") with { ETag = before.ETag }], default);
        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.ApplyAsync([Put("k") with { ETag = before.ETag }], default));
    }

    [Theory]
    [InlineData(":memory:", "connectionString")]
    [InlineData("file::memory:?mode=memory", "connectionString")]
    public void Settings_WithoutAFile_NameTheFieldAndTheOtherType(string connection, string field)
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => SqliteSettings.Read(Spec(("connectionString", connection)), _folder));
        Assert.Contains(field, fault.Message);
        Assert.Contains("state.in-memory", fault.Message);
    }

    [Fact]
    public void Settings_LikeDaprs_AreRead()
    {
        SqliteSettings settings = SqliteSettings.Read(Spec(("connectionString", "file:sub/x.db?_pragma=synchronous(NORMAL)"), ("busyTimeout", "3s"), ("tableName", "t"), ("cleanupInterval", "0")), _folder);
        Assert.Contains(Path.Combine(_folder, "sub", "x.db"), settings.ConnectionString);
        Assert.Equal("synchronous=NORMAL", settings.Pragmas[^1]);
        Assert.Equal((TimeSpan.FromSeconds(3), "t", null), (settings.BusyTimeout, settings.TableName, settings.CleanupInterval));
        Assert.Throws<ResourceException>(() => SqliteSettings.Read(Spec(("connectionString", "x.db"), ("tableName", "a; drop table b")), _folder));
    }

    private protected override IStateStore Open() => new SqliteStateStore(SqliteSettings.Read(Spec(("connectionString", "state.db")), _folder), Clock);

    private static ComponentSpec Spec(params (string Name, string Value)[] metadata) =>
        new("store", "state.sqlite", "v1", "file", false, TimeSpan.FromSeconds(5), metadata.ToDictionary(m => m.Name, m => m.Value, StringComparer.OrdinalIgnoreCase));
}
