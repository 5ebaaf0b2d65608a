using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Client;
using Dapr.Sdk.Tests.Fakes;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Sdk.Tests.Client;

public sealed class DaprClientTests : IAsyncLifetime
{
    private const string Store = "statestore";
    private FakeDapr _dapr = null!;
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync();
        _client = new DaprClientBuilder().UseHttpEndpoint(_dapr.Http).UseGrpcEndpoint(_dapr.Grpc).UseDaprApiToken("t0ken").Build();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task State_SavedValue_ReadsBackAsWebJson()
    {
        await _client.SaveStateAsync(Store, "k", new Fit(1.5, "north"));
        Assert.Equal(new Fit(1.5, "north"), await _client.GetStateAsync<Fit>(Store, "k"));
        Assert.Equal("""{"llh":1.5,"where":"north"}""", Encoding.UTF8.GetString((await _client.GetByteStateAsync(Store, "k")).Span));
        Assert.All(_dapr.Tokens, token => Assert.Equal("t0ken", token));
    }

    [Fact]
    public async Task State_MissingKey_IsDefaultWithEmptyEtag()
    {
        Assert.Null(await _client.GetStateAsync<Fit>(Store, "none"));
        Assert.Equal((0, ""), await _client.GetStateAndETagAsync<int>(Store, "none"));
        Assert.True((await _client.GetByteStateAsync(Store, "none")).IsEmpty);
        await _client.DeleteStateAsync(Store, "none");
    }

    [Fact]
    public async Task State_NullValue_IsSavedAsNoBytes()
    {
        await _client.SaveStateAsync<Fit?>(Store, "k", null);
        Assert.True(_dapr.Single<SaveStateRequest>().States[0].Value.IsEmpty);
    }

    [Fact]
    public async Task TrySave_StaleEtag_IsFalseAndFreshOneTrue()
    {
        await _client.SaveStateAsync(Store, "k", 1);
        var (_, etag) = await _client.GetStateAndETagAsync<int>(Store, "k");
        Assert.True(await _client.TrySaveStateAsync(Store, "k", 2, etag));
        Assert.False(await _client.TrySaveStateAsync(Store, "k", 3, etag));
        Assert.False(await _client.TryDeleteStateAsync(Store, "k", etag));
        Assert.Equal(2, await _client.GetStateAsync<int>(Store, "k"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.TrySaveStateAsync(Store, "k", 3, null!));
    }

    [Fact]
    public async Task TrySave_FirstWriteWithoutEtag_CreatesOnce()
    {
        var firstWrite = new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };
        Assert.True(await _client.TrySaveByteStateAsync(Store, "b", new byte[] { 0, 255 }, "", firstWrite));
        Assert.False(await _client.TrySaveByteStateAsync(Store, "b", new byte[] { 1 }, "", firstWrite));
        var (bytes, etag) = await _client.GetByteStateAndETagAsync(Store, "b");
        Assert.Equal([0, 255], bytes.ToArray());
        Assert.NotEmpty(etag);
    }

    [Fact]
    public async Task StateEntry_ChangedByAnother_SavesNothing()
    {
        var entry = await _client.GetStateEntryAsync<int>(Store, "k");
        entry.Value = 5;
        await entry.SaveAsync();
        var (mine, other) = (await _client.GetStateEntryAsync<int>(Store, "k"), await _client.GetStateEntryAsync<int>(Store, "k"));
        other.Value = 6;
        Assert.True(await other.TrySaveAsync());
        mine.Value = 7;
        Assert.False(await mine.TrySaveAsync());
        Assert.False(await mine.TryDeleteAsync());
        await mine.DeleteAsync();
        Assert.Equal(0, await _client.GetStateAsync<int>(Store, "k"));
    }

    [Fact]
    public async Task Bulk_SaveReadDelete_GoTogether()
    {
        await _client.SaveBulkStateAsync(Store, [new SaveStateItem<int>("a", 1, ""), new SaveStateItem<int>("b", 2, "")]);
        var typed = await _client.GetBulkStateAsync<int?>(Store, ["a", "b", "c"], parallelism: null);
        Assert.Equal([("a", 1), ("b", 2), ("c", null)], typed.Select(i => (i.Key, i.Value)));
        await _client.DeleteBulkStateAsync(Store, [new BulkDeleteStateItem("a", "")]);
        var text = await _client.GetBulkStateAsync(Store, ["a", "b"], parallelism: 2);
        Assert.Equal([("a", "", ""), ("b", "2", "2")], text.Select(i => (i.Key, i.Value, i.ETag)));
    }

    [Fact]
    public async Task Transaction_Operations_KeepOrderAndMetadata()
    {
        await _client.ExecuteStateTransactionAsync(
            Store,
            [
                new StateTransactionRequest("a", [1, 2], StateOperationType.Upsert, metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "5" }),
                new StateTransactionRequest("b", null, StateOperationType.Delete, etag: "9"),
            ],
            new Dictionary<string, string> { ["partitionKey"] = "p" });
        var sent = _dapr.Single<ExecuteStateTransactionRequest>();
        Assert.Equal(["upsert", "delete"], sent.Operations.Select(o => o.OperationType));
        Assert.Equal(("5", "9", "p"), (sent.Operations[0].Request.Metadata["ttlInSeconds"], sent.Operations[1].Request.Etag.Value, sent.Metadata["partitionKey"]));
    }

    [Fact]
    public async Task Publish_PlainAndCloudEventAndBytes_SetTheContentType()
    {
        await _client.PublishEventAsync("pubsub", "t", new Fit(1, "x"), new Dictionary<string, string> { ["cloudevent.id"] = "7" });
        var envelope = new BinaryEvent { Type = "a.v1", Source = new Uri("urn:w"), DataBase64 = "AAE=" };
        await _client.PublishEventAsync("pubsub", "t", envelope);
        await _client.PublishByteEventAsync("pubsub", "t", new byte[] { 1, 2 }, "application/octet-stream");
        await _client.PublishEventAsync("pubsub", "t");
        await _client.PublishEventAsync("pubsub", "t", new CloudEvent<int>(3) { Type = "n" });

        var sent = _dapr.Requests.OfType<PublishEventRequest>().ToArray();
        Assert.Equal(
            ["application/json", "application/cloudevents+json", "application/octet-stream", "", "application/cloudevents+json"],
            sent.Select(s => s.DataContentType));
        Assert.Equal("7", sent[0].Metadata["cloudevent.id"]);
        using var json = JsonDocument.Parse(sent[1].Data.ToStringUtf8());
        Assert.Equal(("a.v1", "urn:w", "AAE="), (Text(json, "type"), Text(json, "source"), Text(json, "data_base64")));
        using var generic = JsonDocument.Parse(sent[4].Data.ToStringUtf8());
        Assert.Equal(3, generic.RootElement.GetProperty("data").GetInt32());
        Assert.Equal("application/json", Text(generic, "datacontenttype"));

        static string? Text(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Publish_Refused_IsDaprExceptionWithTheCause()
    {
        var fault = await Assert.ThrowsAsync<DaprException>(() => _client.PublishEventAsync("pubsub", "forbidden", 1));
        Assert.Equal(StatusCode.PermissionDenied, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        Assert.Contains("topic forbidden is not allowed", fault.Message);
    }

    [Fact]
    public async Task BulkPublish_SomeRefused_AreNamed()
    {
        var response = await _client.BulkPublishEventAsync("pubsub", "t", ["good", "bad", "good"]);
        var failed = Assert.Single(response.FailedEntries);
        Assert.Equal(("1", "bad", "refused"), (failed.Entry.EntryId, failed.Entry.EventData, failed.ErrorMessage));
        Assert.Equal(["0", "1", "2"], _dapr.Single<BulkPublishRequest>().Entries.Select(e => e.EntryId));
    }

    [Fact]
    public async Task Binding_JsonAndBytes_ReachTheComponent()
    {
        var echoed = await _client.InvokeBindingAsync<Fit, Fit>("b", "deploy", new Fit(2, "y"));
        Assert.Equal(new Fit(2, "y"), echoed);
        var request = new BindingRequest("b", "list") { Data = new byte[] { 9 } };
        request.Metadata["k"] = "v";
        var response = await _client.InvokeBindingAsync(request);
        Assert.Equal([9], response.Data.ToArray());
        Assert.Equal(("v", "list"), (response.Metadata["k"], response.Metadata["operation"]));
    }

    [Fact]
    public async Task SecretsAndMetadata_Answers_AreMapped()
    {
        Assert.Equal("hush", (await _client.GetSecretAsync("s", "key"))["key"]);
        Assert.Equal("v", (await _client.GetBulkSecretAsync("s"))["a"]["k"]);
        await _client.SetMetadataAsync("k", "v");
        var metadata = await _client.GetMetadataAsync();
        Assert.Equal(("app-1", "statestore", 2), (metadata.Id, metadata.Components[0].Name, metadata.Actors[0].Count));
    }

    [Fact]
    public async Task WaitForSidecar_NotReady_WaitsUntilItIs()
    {
        _dapr.HealthStatus = 500;
        var waiting = _client.WaitForSidecarAsync();
        while (Volatile.Read(ref _dapr.HealthCalls) == 0) await Task.Yield();
        Assert.False(waiting.IsCompleted);
        _dapr.HealthStatus = 204;
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(await _client.CheckHealthAsync());
        Assert.True(await _client.CheckOutboundHealthAsync());
    }

    [Fact]
    public async Task CheckHealth_NobodyListens_IsFalse()
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:9").Build();
        Assert.False(await client.CheckHealthAsync());
    }

    [Fact]
    public async Task Call_Cancelled_IsOperationCanceled()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetStateAsync<int>(Store, "k", cancellationToken: stop.Token));
    }

    [Fact]
    public void CreateInvokeMethodRequest_QueryAndBody_AreInTheRequest()
    {
        var request = _client.CreateInvokeMethodRequest(
            HttpMethod.Put, "other-app", "a/b", [KeyValuePair.Create("q", "x y")], new Fit(1, "z"));
        Assert.Equal($"{_dapr.Http}/v1.0/invoke/other-app/method/a/b?q=x%20y", request.RequestUri!.AbsoluteUri);
        Assert.Equal("application/json", request.Content!.Headers.ContentType!.MediaType);
        Assert.Equal(HttpMethod.Post, _client.CreateInvokeMethodRequest("other-app", "m").Method);
    }

    [Fact]
    public async Task AddDaprClient_EndpointInConfiguration_BeatsThePort()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DAPR_GRPC_ENDPOINT"] = _dapr.Grpc,
            ["DAPR_GRPC_PORT"] = "9",
            ["DAPR_API_TOKEN"] = "configured",
        }).Build());
        services.AddDaprClient();
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<DaprClient>().SaveStateAsync(Store, "k", 1);
        Assert.Contains("configured", _dapr.Tokens);
    }

    private sealed record Fit(double Llh, string Where);

    private sealed class BinaryEvent : CloudEvent
    {
        [JsonPropertyName("data_base64")]
        public required string DataBase64 { get; init; }
    }
}
