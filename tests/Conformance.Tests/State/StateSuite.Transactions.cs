using Grpc.Core;

namespace SkyDriver.Conformance.Tests.State;

// Several changes that happen together or not at all.
public abstract partial class StateSuite
{
    [Theory, BothProtocols]
    public async Task Transaction_UpsertsAndDeletes_AreAllDone(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key("old"), "1"), new StateWrite(Key("gone"), "1"));
        await Dapr(protocol).TransactAsync(_store, Operation.Upsert(Key("new"), "2"), Operation.Upsert(Key("old"), "2"), Operation.Delete(Key("gone")));
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key("new"))).Text);
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key("old"))).Text);
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key("gone"))).IsMissing);
    }

    [Theory, BothProtocols]
    public async Task Transaction_OneETagOutdated_DoesNothingAtAll(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key("b"), "1"), new StateWrite(Key("c"), "1"));
        await DaprRefusal.ExpectAsync(
            () => Dapr(protocol).TransactAsync(_store, Operation.Upsert(Key("a"), "2"), Operation.Delete(Key("c")), Operation.Upsert(Key("b"), "2", NeverGiven)),
            500,
            "ERR_STATE_TRANSACTION",
            StatusCode.Internal);
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key("a"))).IsMissing);
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key("b"))).Text);
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key("c"))).Text);
    }

    [Theory, BothProtocols]
    public async Task Transaction_CurrentETags_AreAccepted(Protocol protocol)
    {
        string etag = await SavedAsync(protocol, "1");
        await Dapr(protocol).TransactAsync(_store, Operation.Upsert(Key(), "2", etag));
        StoredValue found = await Dapr(protocol).GetStateAsync(_store, Key());
        Assert.Equal("2", found.Text);
        Assert.NotEqual(etag, found.ETag);
    }

    [Theory, BothProtocols]
    public async Task Transaction_DeleteOfAMissingKey_IsNoError(Protocol protocol)
    {
        await Dapr(protocol).TransactAsync(_store, Operation.Delete(Key("missing")), Operation.Upsert(Key(), "1"));
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Transaction_FirstWriteOnAnExistingKey_DoesNothingAtAll(Protocol protocol)
    {
        await SavedAsync(protocol, "1");
        await DaprRefusal.ExpectAsync(
            () => Dapr(protocol).TransactAsync(_store, Operation.Upsert(Key("other"), "1"), new Operation("upsert", new StateWrite(Key(), "2", Concurrency: "first-write"))),
            500,
            "ERR_STATE_TRANSACTION",
            StatusCode.Internal);
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key("other"))).IsMissing);
    }

    [Theory, BothProtocols]
    public Task Transaction_UnknownOperation_IsRefused(Protocol protocol) => DaprRefusal.ExpectAsync(
        () => Dapr(protocol).TransactAsync(_store, new Operation("increment", new StateWrite(Key(), "1"))), 400, "ERR_NOT_SUPPORTED_STATE_OPERATION", StatusCode.Unimplemented);

    [Theory, BothProtocols]
    public Task Transaction_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).TransactAsync("no-such-store", Operation.Upsert(Key(), "1")), 400, "ERR_STATE_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public async Task Transaction_Racing_NeverMixes(Protocol protocol)
    {
        // Each writer writes its own number under all keys, so that a mixture would show.
        string[] keys = [Key("a"), Key("b"), Key("c")];
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Dapr(protocol).TransactAsync(_store, [.. keys.Select(k => Operation.Upsert(k, $"{i}"))])));
        Assert.Single((await Dapr(protocol).GetBulkStateAsync(_store, keys)).Select(f => f.Text).Distinct());
    }
}
