namespace SkyDriver.Conformance.Tests.State;

/// <summary>Whose keys are whose: stores on one file that put different words before their keys.</summary>
public sealed class KeyPrefixTests(DaprTarget target) : Suite(target)
{
    [Theory]
    [InlineData("state-sqlite", "state-literal")]
    [InlineData("state-named", "state-as-named")]
    public async Task Prefix_AppIdOrName_IsWhatTheLiteralIs(string store, string literal)
    {
        await Dapr(Protocol.Http).SaveStateAsync(store, new StateWrite(Key(), "1"));
        Assert.Equal("1", (await Dapr(Protocol.Http).GetStateAsync(literal, Key())).Text);
    }

    [Theory]
    [InlineData("state-sqlite", "state-named")]
    [InlineData("state-sqlite", "state-bare")]
    [InlineData("state-bare", "state-named")]
    public async Task Prefix_ThatDiffers_HidesTheKey(string store, string other)
    {
        await Dapr(Protocol.Http).SaveStateAsync(store, new StateWrite(Key(), "1"));
        Assert.True((await Dapr(Protocol.Http).GetStateAsync(other, Key())).IsMissing);
        Assert.Equal("1", (await Dapr(Protocol.Http).GetStateAsync(store, Key())).Text);
    }

    [Theory, BothProtocols("state-sqlite"), BothProtocols("state-named"), BothProtocols("state-bare"), BothProtocols("state-literal")]
    public async Task Prefix_OfAnyKind_IsNotShownInReplies(Protocol protocol, string store)
    {
        await Dapr(protocol).SaveStateAsync(store, new StateWrite(Key(), "1"));
        Assert.Equal(Key(), Assert.Single(await Dapr(protocol).GetBulkStateAsync(store, Key())).Key);
    }
}
