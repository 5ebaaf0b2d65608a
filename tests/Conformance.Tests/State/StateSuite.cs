using System.Text;
using Grpc.Core;

namespace SkyDriver.Conformance.Tests.State;

/// <summary>What every state store does, seen through both forms of the API. This part: values, one by one and many at once.</summary>
public abstract partial class StateSuite : Suite
{
    private readonly string _store;

    protected StateSuite(DaprTarget target, string store)
        : base(target)
    {
        target.Needs(store);
        _store = store;
    }

    [Theory, BothProtocols]
    public async Task Get_MissingKey_IsNothingAndNoError(Protocol protocol) => Assert.True((await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing);

    [Theory, BothProtocols]
    public async Task Get_StoredKey_GivesValueAndETag(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), """{"a":[1,2]}"""));
        StoredValue found = await Dapr(protocol).GetStateAsync(_store, Key());
        Assert.Equal("""{"a":[1,2]}""", found.Text);
        Assert.NotEmpty(found.ETag);
    }

    [Theory, BothProtocols("strong"), BothProtocols("eventual")]
    public async Task Get_WithAConsistency_GivesTheValue(Protocol protocol, string consistency)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1", Consistency: consistency));
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key(), consistency)).Text);
    }

    [Theory, BothProtocols]
    public Task Get_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).GetStateAsync("no-such-store", Key()), 400, "ERR_STATE_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public async Task Get_KeyWithTheSeparatorOfPrefixes_IsRefused(Protocol protocol)
    {
        DaprRefusal refusal = await Assert.ThrowsAsync<DaprRefusal>(() => Dapr(protocol).GetStateAsync(_store, "conformance||" + Key()));
        Assert.True(refusal is { HttpStatus: 400 } or { GrpcStatus: StatusCode.InvalidArgument }, refusal.Message);
    }

    [Theory]
    [BothProtocols("0"), BothProtocols("-1.5e300"), BothProtocols("true"), BothProtocols("\"\""), BothProtocols("\"Żółw \\\"quoted\\\"\""), BothProtocols("[]")]
    [BothProtocols("""{"nested":{"list":[null,{"x":1}]}}""")]
    public async Task Save_AnyJson_ComesBackTheSame(Protocol protocol, string json)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), json));
        using var given = System.Text.Json.JsonDocument.Parse(json);
        using var found = System.Text.Json.JsonDocument.Parse((await Dapr(protocol).GetStateAsync(_store, Key())).Data);
        Assert.True(System.Text.Json.JsonElement.DeepEquals(given.RootElement, found.RootElement), found.RootElement.GetRawText());
    }

    [Theory]
    [BothProtocols("with space"), BothProtocols("a/b/c"), BothProtocols("percent%20sign"), BothProtocols("ünïcödé"), BothProtocols("colon:|pipe"), BothProtocols("bulk")]
    public async Task Save_AnyKey_IsFoundAgain(Protocol protocol, string name)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(name), "1"));
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key(name))).Text);
        Assert.Equal("1", Assert.Single(await Dapr(protocol).GetBulkStateAsync(_store, Key(name))).Text);
        await Dapr(protocol).DeleteStateAsync(_store, Key(name));
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key(name))).IsMissing);
    }

    [Theory, BothProtocols]
    public async Task Save_SeveralItems_StoresThemAll(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, [.. Enumerable.Range(0, 20).Select(i => new StateWrite(Key($"{i}"), $"{i}"))]);
        for (int i = 0; i < 20; i++) Assert.Equal($"{i}", (await Dapr(protocol).GetStateAsync(_store, Key($"{i}"))).Text);
    }

    [Theory, BothProtocols]
    public async Task Save_Again_ReplacesValueAndETag(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1"));
        StoredValue first = await Dapr(protocol).GetStateAsync(_store, Key());
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1"));
        StoredValue second = await Dapr(protocol).GetStateAsync(_store, Key());
        Assert.Equal("1", second.Text);
        Assert.NotEqual(first.ETag, second.ETag);
    }

    [Theory, BothProtocols]
    public Task Save_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync("no-such-store", new StateWrite(Key(), "1")), 400, "ERR_STATE_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public async Task Delete_ExistingKey_RemovesIt(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1"));
        await Dapr(protocol).DeleteStateAsync(_store, Key());
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing);
    }

    [Theory, BothProtocols]
    public Task Delete_MissingKey_IsNoError(Protocol protocol) => Dapr(protocol).DeleteStateAsync(_store, Key());

    [Theory, BothProtocols]
    public Task Delete_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).DeleteStateAsync("no-such-store", Key()), 400, "ERR_STATE_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public async Task BulkGet_SomeMissing_ListsThemAllAndTheMissingWithoutData(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key("a"), "1"), new StateWrite(Key("b"), """{"x":2}"""));
        IReadOnlyList<BulkValue> found = await Dapr(protocol).GetBulkStateAsync(_store, Key("a"), Key("missing"), Key("b"));
        Assert.Equal(3, found.Count);
        Assert.Equal("1", Assert.Single(found, f => f.Key == Key("a")).Text);
        Assert.Equal("""{"x":2}""", Assert.Single(found, f => f.Key == Key("b")).Text);
        BulkValue missing = Assert.Single(found, f => f.Key == Key("missing"));
        Assert.Equal(("", "", ""), (missing.Text, missing.ETag, missing.Error));
    }

    [Theory, BothProtocols]
    public async Task BulkGet_ETags_AreThoseOfSingleReads(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1"));
        Assert.Equal((await Dapr(protocol).GetStateAsync(_store, Key())).ETag, Assert.Single(await Dapr(protocol).GetBulkStateAsync(_store, Key())).ETag);
    }

    [Theory, BothProtocols]
    public async Task BulkGet_ManyKeys_GivesThemAll(Protocol protocol)
    {
        string[] keys = [.. Enumerable.Range(0, 300).Select(i => Key($"{i}"))];
        await Dapr(protocol).SaveStateAsync(_store, [.. keys.Select((k, i) => new StateWrite(k, $"{i}"))]);
        IReadOnlyList<BulkValue> found = await Dapr(protocol).GetBulkStateAsync(_store, keys);
        Assert.Equal(keys.Order(), found.Select(f => f.Key).Order());
        Assert.All(found, f => Assert.NotEmpty(f.Text));
    }

    [Theory, BothProtocols]
    public async Task BulkGet_NoKeys_GivesNothing(Protocol protocol) => Assert.Empty(await Dapr(protocol).GetBulkStateAsync(_store));

    [Theory, BothProtocols]
    public Task BulkGet_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).GetBulkStateAsync("no-such-store", Key()), 400, "ERR_STATE_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(3 * 1024 * 1024)]
    public async Task Bytes_OfAnyKind_ComeBackTheSame(int length)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => unchecked((byte)(i * 7 + 200)))];
        await Target.Client.SaveByteStateAsync(_store, Key(), bytes);
        Assert.Equal(bytes, (await Target.Client.GetByteStateAsync(_store, Key())).ToArray());
    }

    [Fact]
    public async Task Bytes_SavedOverGrpc_ComeRawOverHttp()
    {
        byte[] bytes = [0xff, 0x00, 0xfe, .. Encoding.UTF8.GetBytes(Token)];
        await Target.Client.SaveByteStateAsync(_store, Key(), bytes);
        Assert.Equal(bytes, (await Dapr(Protocol.Http).GetStateAsync(_store, Key())).Data);
    }
}
