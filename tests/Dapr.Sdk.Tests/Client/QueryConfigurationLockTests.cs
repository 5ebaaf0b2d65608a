using Dapr.Client;
using Dapr.Sdk.Tests.Fakes;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Sdk.Tests.Client;

/// <summary>State queries, configuration, locks, and the two names of bulk publishing.</summary>
public sealed class QueryConfigurationLockTests : IAsyncLifetime
{
    private FakeDapr _dapr = null!;
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync();
        _client = new DaprClientBuilder().UseHttpEndpoint(_dapr.Http).UseGrpcEndpoint(_dapr.Grpc).Build();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task Query_Page_HasValuesTokenAndMetadata()
    {
        var page = await _client.QueryStateAsync<Star>("store", """{"filter":{}}""", new Dictionary<string, string> { ["k"] = "v" });
        Assert.Equal([("a", "one", "7"), ("b", null, "")], page.Results.Select(r => (r.Key, r.Data?.Name, r.ETag)));
        Assert.Equal(("next", "1"), (page.Token, page.Metadata["m"]));
        var request = _dapr.Single<QueryStateRequest>();
        Assert.Equal(("store", """{"filter":{}}""", "v"), (request.StoreName, request.Query, request.Metadata["k"]));
    }

    [Fact]
    public async Task Query_HitThatCannotBeRead_ThrowsWithTheOthers()
    {
        _dapr.QueryError = "corrupt";
        var fault = await Assert.ThrowsAsync<StateQueryException<Star>>(() => _client.QueryStateAsync<Star>("store", "{}"));
        Assert.Equal(["b"], fault.FailedKeys);
        Assert.Equal("a", Assert.Single(fault.Response.Results).Key);
    }

    [Fact]
    public async Task Configuration_Keys_AreReadWithVersions()
    {
        var answer = await _client.GetConfiguration("config", ["x", "y"]);
        Assert.Equal(["x", "y"], answer.Items.Keys.Order());
        Assert.Equal(("value of x", "3", "x"), (answer.Items["x"].Value, answer.Items["x"].Version, answer.Items["x"].Metadata["k"]));
    }

    [Fact]
    public async Task SubscribeConfiguration_Changes_ComeUntilTheTokenFires()
    {
        using var stop = new CancellationTokenSource();
        var subscription = await _client.SubscribeConfiguration("config", ["x", "y"], cancellationToken: stop.Token);
        Assert.Equal("", subscription.Id);
        var seen = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var change in subscription.Source)
            {
                seen.Add(Assert.Single(change).Value.Value);
                if (seen.Count == 2) await stop.CancelAsync();
            }
        });
        Assert.Equal(["value of x", "value of y"], seen);
        Assert.Equal("sub-1", subscription.Id);
        Assert.True((await _client.UnsubscribeConfiguration("config", subscription.Id)).Ok);
    }

#pragma warning disable DAPR_DISTRIBUTEDLOCK // Experimental here as in the official package.
    [Fact]
    public async Task Lock_HeldByOne_IsRefusedToOthersUntilGivenBack()
    {
        Assert.True((await _client.Lock("locks", "pole", "me", 60)).Success);
        Assert.False((await _client.Lock("locks", "pole", "you", 60)).Success);
        Assert.Equal(LockStatus.LockBelongsToOthers, (await _client.Unlock("locks", "pole", "you")).status);
        Assert.Equal(LockStatus.Success, (await _client.Unlock("locks", "pole", "me")).status);
        Assert.Equal(LockStatus.LockDoesNotExist, (await _client.Unlock("locks", "pole", "me")).status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Lock_WithoutExpiry_IsRefused(int seconds) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Lock("locks", "pole", "me", seconds));
#pragma warning restore DAPR_DISTRIBUTEDLOCK

    [Fact]
    public async Task BulkPublish_RuntimeWithoutTheOldName_IsAskedByTheNewOneFromThenOn()
    {
        _dapr.KnowsBulkPublishAlpha = false;
        Assert.Empty((await _client.BulkPublishEventAsync("pubsub", "t", ["a"])).FailedEntries);
        Assert.Equal(2, _dapr.Requests.Count);
        Assert.Equal("bad", Assert.Single((await _client.BulkPublishEventAsync("pubsub", "t", ["b", "bad"])).FailedEntries).Entry.EventData);
        Assert.Equal(3, _dapr.Requests.Count);
    }

    private sealed record Star(string Name, int Size);
}
