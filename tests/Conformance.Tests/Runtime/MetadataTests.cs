using System.Net;
using System.Text.Json;
using Dapr.Client;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.Runtime;

/// <summary>What a sidecar tells about itself.</summary>
public sealed class MetadataTests(DaprTarget target) : Suite(target)
{
    [Theory]
    [InlineData("/v1.0/healthz")]
    [InlineData("/v1.0/healthz/outbound")]
    [InlineData("/v1.0/healthz?appid=conformance")]
    public async Task Health_WhenReady_IsNoContent(string path) => Assert.Equal(HttpStatusCode.NoContent, (await Target.Http.GetAsync(path)).StatusCode);

    [Fact]
    public async Task Health_OfAnotherApp_IsRefused()
    {
        HttpResponseMessage answer = await Target.Http.GetAsync("/v1.0/healthz?appid=another");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("\"ERR_HEALTH_APPID_NOT_MATCH\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_Metadata_HasTheFieldsOfDapr()
    {
        JsonElement metadata = await ReadAsync();
        Assert.Equal(DaprTarget.AppId, metadata.GetProperty("id").GetString());
        Assert.NotEmpty(metadata.GetProperty("runtimeVersion").GetString()!);
        JsonElement store = Assert.Single(metadata.GetProperty("components").EnumerateArray(), c => c.GetProperty("name").GetString() == "state-memory");
        Assert.Equal(("state.in-memory", "v1"), (store.GetProperty("type").GetString(), store.GetProperty("version").GetString()));
        Assert.Equal(Target.AppPort, metadata.GetProperty("appConnectionProperties").GetProperty("port").GetInt32());
        Assert.Equal("http", metadata.GetProperty("appConnectionProperties").GetProperty("protocol").GetString());
    }

    [Fact]
    public async Task Http_Subscriptions_HaveRulesAndDeadLetterTopics()
    {
        JsonElement picky = Assert.Single(
            (await ReadAsync()).GetProperty("subscriptions").EnumerateArray(), s => s.GetProperty("topic").GetString() == Topics.Picky && s.GetProperty("pubsubname").GetString() == "pubsub-memory");
        Assert.Equal((Topics.Dead, "PROGRAMMATIC"), (picky.GetProperty("deadLetterTopic").GetString(), picky.GetProperty("type").GetString()));
        JsonElement rule = Assert.Single(picky.GetProperty("rules").EnumerateArray());
        Assert.Equal(("event.type == \"wanted\"", "/events/pubsub-memory/picky/wanted"), (rule.GetProperty("match").GetString(), rule.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Grpc_Metadata_IsThatOfHttp()
    {
        GetMetadataResponse grpc = await Target.Grpc.GetMetadataAsync();
        JsonElement http = await ReadAsync();
        Assert.Equal(http.GetProperty("id").GetString(), grpc.Id);
        Assert.Equal(http.GetProperty("runtimeVersion").GetString(), grpc.RuntimeVersion);
        Assert.Equal(http.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("name").GetString()!).Order(), grpc.RegisteredComponents.Select(c => c.Name).Order());
        Assert.Equal(Target.AppPort, grpc.AppConnectionProperties.Port);
    }

    [Theory, BothProtocols]
    public async Task Set_Attribute_IsReadBack(Protocol protocol)
    {
        if (protocol is Protocol.Http) Assert.Equal(HttpStatusCode.NoContent, (await Target.Http.PutAsync($"/v1.0/metadata/{Token}", new StringContent("a value"))).StatusCode);
        else await Target.Grpc.SetMetadataAsync(new SetMetadataRequest { Key = Token, Value = "a value" });
        Assert.Equal("a value", (await ReadAsync()).GetProperty("extended").GetProperty(Token).GetString());
        Assert.Equal("a value", (await Target.Grpc.GetMetadataAsync()).ExtendedMetadata[Token]);
    }

    [Fact]
    public async Task Actors_AndWorkflows_AreReady()
    {
        await Until.HoldsAsync(async () => (await Target.Grpc.GetMetadataAsync()).Workflows?.ConnectedWorkers >= 1, "the app's workflow worker is connected");
        Assert.True((await Target.Grpc.GetMetadataAsync()).ActorRuntime.HostReady);
    }

    [Fact]
    public async Task Sdk_HealthAndMetadata_Work()
    {
        Assert.True(await Target.Client.CheckHealthAsync());
        Assert.True(await Target.Client.CheckOutboundHealthAsync());
        DaprMetadata metadata = await Target.Client.GetMetadataAsync();
        Assert.Equal(DaprTarget.AppId, metadata.Id);
        Assert.Contains(metadata.Components, c => c.Name == "state-memory");
    }

    [Theory]
    [InlineData("/no/such/route")]
    [InlineData("/v1.0/nothing")]
    public async Task UnknownRoute_IsNotFound(string path) => Assert.Equal(HttpStatusCode.NotFound, (await Target.Http.GetAsync(path)).StatusCode);

    private async Task<JsonElement> ReadAsync() => JsonDocument.Parse(await Target.Http.GetStringAsync("/v1.0/metadata")).RootElement;
}
