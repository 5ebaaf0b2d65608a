using System.Globalization;

namespace SkyDriver.Conformance.Tests.State;

// Values that end by themselves.
public abstract partial class StateSuite
{
    [Theory, BothProtocols]
    public async Task Ttl_UntilItEnds_IsToldWithTheValue(Protocol protocol)
    {
        await SaveWithTtlAsync(protocol, "1000");
        StoredValue found = await Dapr(protocol).GetStateAsync(_store, Key());
        Assert.Equal("1", found.Text);
        DateTimeOffset end = DateTimeOffset.Parse(found.Metadata["ttlExpireTime"], CultureInfo.InvariantCulture);
        Assert.InRange(end, DateTimeOffset.UtcNow.AddSeconds(900), DateTimeOffset.UtcNow.AddSeconds(1001));
    }

    [Theory, BothProtocols]
    public async Task Ttl_AfterItsEnd_TheKeyIsMissing(Protocol protocol)
    {
        await SaveWithTtlAsync(protocol, "1");
        await Until.HoldsAsync(async () => (await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing, "the value ends");
        Assert.Equal("", Assert.Single(await Dapr(protocol).GetBulkStateAsync(_store, Key())).Text);
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2", Concurrency: "first-write"));
        Assert.Equal("2", (await Dapr(protocol).GetStateAsync(_store, Key())).Text);
    }

    [Theory, BothProtocols("0"), BothProtocols("-1")]
    public async Task Ttl_ZeroOrMinusOne_NeverEnds(Protocol protocol, string ttl)
    {
        await SaveWithTtlAsync(protocol, ttl);
        StoredValue found = await Dapr(protocol).GetStateAsync(_store, Key());
        Assert.Equal("1", found.Text);
        Assert.DoesNotContain("ttlExpireTime", found.Metadata.Keys);
    }

    [Theory, BothProtocols]
    public async Task Ttl_NotGivenAtTheNextWrite_IsTakenAway(Protocol protocol)
    {
        await SaveWithTtlAsync(protocol, "1000");
        await Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "2"));
        Assert.DoesNotContain("ttlExpireTime", (await Dapr(protocol).GetStateAsync(_store, Key())).Metadata.Keys);
    }

    [Theory, BothProtocols("soon"), BothProtocols("1.5"), BothProtocols("99999999999999999999")]
    public async Task Ttl_ThatIsNoNumber_IsRefused(Protocol protocol, string ttl)
    {
        await Assert.ThrowsAsync<DaprRefusal>(() => SaveWithTtlAsync(protocol, ttl));
        Assert.True((await Dapr(protocol).GetStateAsync(_store, Key())).IsMissing);
    }

    [Theory, BothProtocols]
    public async Task Ttl_InATransaction_HoldsForItsKeyOnly(Protocol protocol)
    {
        Operation ending = new("upsert", new StateWrite(Key("ends"), "1", Metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "1000" }));
        await Dapr(protocol).TransactAsync(_store, ending, Operation.Upsert(Key("stays"), "1"));
        Assert.Contains("ttlExpireTime", (await Dapr(protocol).GetStateAsync(_store, Key("ends"))).Metadata.Keys);
        Assert.DoesNotContain("ttlExpireTime", (await Dapr(protocol).GetStateAsync(_store, Key("stays"))).Metadata.Keys);
    }

    private Task SaveWithTtlAsync(Protocol protocol, string seconds) =>
        Dapr(protocol).SaveStateAsync(_store, new StateWrite(Key(), "1", Metadata: new Dictionary<string, string> { ["ttlInSeconds"] = seconds }));
}
