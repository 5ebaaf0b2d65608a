using System.Net;
using System.Net.Http.Json;
using Dapr;
using Dapr.Client;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.State;

// What only one form of the API has, the SDK among them.
public abstract partial class StateSuite
{
    [Fact]
    public async Task HttpSave_Put_IsAsGoodAsPost()
    {
        HttpResponseMessage answer = await Target.Http.PutAsJsonAsync($"/v1.0/state/{_store}", new[] { new { key = Key(), value = 1 } });
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("1", await Target.Http.GetStringAsync($"/v1.0/state/{_store}/{Key()}"));
    }

    [Theory]
    [InlineData("", "no json")]
    [InlineData("", "{\"key\":\"a\"}")]
    [InlineData("", "")]
    [InlineData("/bulk", "[]x")]
    [InlineData("/transaction", "[")]
    public async Task Http_BodyThatCannotBeRead_IsRefused(string path, string body)
    {
        HttpResponseMessage answer = await Target.Http.PostAsync($"/v1.0/state/{_store}{path}", new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"ERR_MALFORMED_REQUEST\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpPath_DoubledAndTrailingSlashes_ChangeNothing()
    {
        await Dapr(Protocol.Http).SaveStateAsync(_store, new StateWrite(Key(), "1"));
        Assert.Equal("1", await Target.Http.GetStringAsync(new Uri($"{Target.HttpEndpoint}//v1.0//state/{_store}/{Key()}/")));
    }

    [Fact]
    public async Task GrpcDeleteBulk_ManyKeys_RemovesThem()
    {
        await Dapr(Protocol.Grpc).SaveStateAsync(_store, new StateWrite(Key("a"), "1"), new StateWrite(Key("b"), "1"), new StateWrite(Key("c"), "1"));
        await Target.Grpc.DeleteBulkStateAsync(new DeleteBulkStateRequest { StoreName = _store, States = { new StateItem { Key = Key("a") }, new StateItem { Key = Key("c") } } });
        Assert.Equal(["", "1", ""], (await Dapr(Protocol.Grpc).GetBulkStateAsync(_store, Key("a"), Key("b"), Key("c"))).OrderBy(f => f.Key).Select(f => f.Text));
    }

    [Fact]
    public async Task Sdk_SaveAndGet_KeepsTypedValues()
    {
        await Target.Client.SaveStateAsync(_store, Key(), new Point(1, 2.5));
        Assert.Equal(new Point(1, 2.5), await Target.Client.GetStateAsync<Point>(_store, Key()));
        Assert.Null(await Target.Client.GetStateAsync<Point?>(_store, Key("missing")));
    }

    [Fact]
    public async Task Sdk_TrySaveAndTryDelete_TellAboutOutdatedETags()
    {
        await Target.Client.SaveStateAsync(_store, Key(), "one");
        (_, string etag) = await Target.Client.GetStateAndETagAsync<string>(_store, Key());
        Assert.True(await Target.Client.TrySaveStateAsync(_store, Key(), "two", etag));
        Assert.False(await Target.Client.TrySaveStateAsync(_store, Key(), "three", etag));
        Assert.False(await Target.Client.TryDeleteStateAsync(_store, Key(), etag));
        Assert.Equal("two", await Target.Client.GetStateAsync<string>(_store, Key()));
    }

    [Fact]
    public async Task Sdk_StateEntry_SavesItsValueUnderItsETag()
    {
        await Target.Client.SaveStateAsync(_store, Key(), 1);
        StateEntry<int> entry = await Target.Client.GetStateEntryAsync<int>(_store, Key());
        entry.Value++;
        Assert.True(await entry.TrySaveAsync());
        Assert.False(await entry.TrySaveAsync());
        Assert.Equal(2, await Target.Client.GetStateAsync<int>(_store, Key()));
    }

    [Fact]
    public async Task Sdk_BulkSaveGetDelete_WorkTogether()
    {
        await Target.Client.SaveBulkStateAsync(_store, [new SaveStateItem<int>(Key("a"), 1, ""), new SaveStateItem<int>(Key("b"), 2, "")]);
        IReadOnlyList<BulkStateItem<int>> found = await Target.Client.GetBulkStateAsync<int>(_store, [Key("a"), Key("b")], parallelism: 2);
        Assert.Equal([1, 2], found.Select(f => f.Value).Order());
        await Target.Client.DeleteBulkStateAsync(_store, [.. found.Select(f => new BulkDeleteStateItem(f.Key, f.ETag))]);
        Assert.Equal(0, await Target.Client.GetStateAsync<int>(_store, Key("a")));
    }

    [Fact]
    public async Task Sdk_Transaction_ThrowsWhenItIsRefused()
    {
        await Target.Client.SaveStateAsync(_store, Key(), 1);
        await Assert.ThrowsAsync<DaprException>(() => Target.Client.ExecuteStateTransactionAsync(
            _store, [new StateTransactionRequest(Key(), "2"u8.ToArray(), StateOperationType.Upsert, NeverGiven)]));
        await Target.Client.ExecuteStateTransactionAsync(_store, [new StateTransactionRequest(Key(), null, StateOperationType.Delete)]);
        Assert.Equal(0, await Target.Client.GetStateAsync<int>(_store, Key()));
    }

    [Fact]
    public async Task Metadata_OfTheStore_NamesItsCapabilities()
    {
        RegisteredComponents component = Assert.Single((await Target.Grpc.GetMetadataAsync()).RegisteredComponents, c => c.Name == _store);
        Assert.StartsWith("state.", component.Type, StringComparison.Ordinal);
        Assert.Contains("ETAG", component.Capabilities);
        Assert.Contains("TRANSACTIONAL", component.Capabilities);
        Assert.Contains("TTL", component.Capabilities);
    }

    private sealed record Point(int X, double Y);
}
