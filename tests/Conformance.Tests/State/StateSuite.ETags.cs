using Dapr.Client;
using Grpc.Core;

namespace SkyDriver.Conformance.Tests.State;

// Who may write: etags and first writes.
public abstract partial class StateSuite
{
    /// <summary>A well-formed etag that the store has never given; null where each text is well-formed.</summary>
    protected virtual string NeverGiven => "4711";

    /// <summary>Whether a text that cannot be an etag of this store is refused as such; else it is one more that does not match.</summary>
    protected virtual bool KnowsMalformedETags => false;

    [Theory, BothProtocols]
    public async Task Save_CurrentETag_Replaces(Protocol protocol)
    {
        string etag = await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", etag));
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Save_OutdatedETag_IsAConflictAndChangesNothing(Protocol protocol)
    {
        string old = await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2"));
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "3", old)), 409, "ERR_STATE_SAVE", StatusCode.Aborted);
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols("last-write"), BothProtocols("first-write")]
    public async Task Save_OutdatedETag_IsAConflictWhateverTheConcurrency(Protocol protocol, string concurrency)
    {
        string old = await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2"));
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "3", old, concurrency)), 409, "ERR_STATE_SAVE", StatusCode.Aborted);
    }

    [Theory, BothProtocols]
    public async Task Save_ETagOfAMissingKey_IsAConflict(Protocol protocol)
    {
        string gone = await SavedAsync(protocol, "1");
        await Dapr(protocol).DeleteStateAsync(_store, Key());
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", gone)), 409, "ERR_STATE_SAVE", StatusCode.Aborted);
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing);
    }

    [Theory, BothProtocols]
    public async Task Save_ETagNeverGiven_IsAConflict(Protocol protocol)
    {
        await SavedAsync(protocol, "1");
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", NeverGiven)), 409, "ERR_STATE_SAVE", StatusCode.Aborted);
    }

    [Theory, BothProtocols]
    public async Task Save_MalformedETag_IsRefused(Protocol protocol)
    {
        await SavedAsync(protocol, "1");
        (int status, StatusCode code) = KnowsMalformedETags ? (400, StatusCode.InvalidArgument) : (409, StatusCode.Aborted);
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", "no etag at all")), status, "ERR_STATE_SAVE", code);
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Save_EmptyETag_CountsAsNone(Protocol protocol)
    {
        await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", ""));
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Save_FirstWriteWithoutETag_CreatesOnce(Protocol protocol)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1", Concurrency: "first-write"));
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", Concurrency: "first-write")), 409, "ERR_STATE_SAVE", StatusCode.Aborted);
        Assert.Equal("1", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Save_LastWriteWithoutETag_Replaces(Protocol protocol)
    {
        await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", Concurrency: "last-write"));
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Delete_CurrentETag_RemovesTheKey(Protocol protocol)
    {
        string etag = await SavedAsync(protocol, "1");
        await Dapr(protocol).DeleteStateAsync(_store, Key(), etag);
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing);
    }

    [Theory, BothProtocols]
    public async Task Delete_OutdatedETag_IsAConflictAndRemovesNothing(Protocol protocol)
    {
        string old = await SavedAsync(protocol, "1");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2"));
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).DeleteStateAsync(_store, Key(), old), 409, "ERR_STATE_DELETE", StatusCode.Aborted);
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols]
    public async Task Delete_ETagOfAMissingKey_IsAConflict(Protocol protocol)
    {
        string gone = await SavedAsync(protocol, "1");
        await Dapr(protocol).DeleteStateAsync(_store, Key());
        await DaprRefusal.ExpectAsync(() => Dapr(protocol).DeleteStateAsync(_store, Key(), gone), 409, "ERR_STATE_DELETE", StatusCode.Aborted);
    }

    [Fact]
    public async Task Save_RacingWritersWithOneETag_OneWinsEachRound()
    {
        await Target.Client.SaveStateAsync(_store, Key(), 0);
        for (int round = 0; round < 5; round++)
        {
            (_, string etag) = await Target.Client.GetStateAndETagAsync<int>(_store, Key());
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Target.Client.TrySaveStateAsync(_store, Key(), i, etag)));
            Assert.Single(won, true);
        }
    }

    [Fact]
    public async Task Save_RacingCreators_OneCreates()
    {
        StateOptions firstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };
        bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Target.Client.TrySaveStateAsync(_store, Key(), i, "", firstWrite)));
        Assert.Single(won, true);
        Assert.Equal(Array.IndexOf(won, true), await Target.Client.GetStateAsync<int>(_store, Key()));
    }

    private async Task<string> SavedAsync(Protocol protocol, string json)
    {
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), json));
        return (await Dapr(protocol).GetStateAsync(_store, Key())).ETag;
    }
}
