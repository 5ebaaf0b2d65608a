using System.Net;
using System.Text;
using System.Text.Json;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Tests.Hosting;

namespace SkyDriver.Sidecar.Tests.Resiliency;

/// <summary>That <c>targets.components.X.outbound</c> guards every way from the API to a component.</summary>
public sealed class OutboundWiringTests
{
    private const int Retries = 3;

    private const string Components = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: part-state }
        spec: { type: state.in-memory }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: part-pubsub }
        spec: { type: pubsub.in-memory }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies:
            timeouts: { short: 50ms }
            retries: { three: { duration: 1ms, maxRetries: 3 } }
            circuitBreakers: { two: { timeout: 1h, trip: consecutiveFailures >= 2 } }
          targets:
            components:
              part-state: { outbound: { POLICY } }
              part-pubsub: { outbound: { POLICY } }
              part-out: { outbound: { POLICY } }
              part-secrets: { outbound: { POLICY } }
        """;

    private readonly ScriptedParts _parts = new();

    /// <summary>Route, body (null = GET), and what the API says when the component fails for good.</summary>
    public static TheoryData<string, string?, string> Ways => new()
    {
        { "state/part-state/k", null, "ERR_STATE_GET" },
        { "state/part-state/bulk", """{"keys":["a","b"]}""", "ERR_STATE_GET" },
        { "state/part-state", """[{"key":"a","value":1}]""", "ERR_STATE_SAVE" },
        { "state/part-state", """[{"key":"a","value":1},{"key":"b","value":2}]""", "ERR_STATE_SAVE" },
        { "state/part-state/transaction", """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}}]}""", "ERR_STATE_TRANSACTION" },
        { "publish/part-pubsub/t", "\"x\"", "ERR_PUBSUB_PUBLISH_MESSAGE" },
        { "publish/bulk/part-pubsub/t", """[{"entryId":"1","event":"x","contentType":"text/plain"}]""", "ERR_PUBSUB_PUBLISH_MESSAGE" },
        { "bindings/part-out", """{"operation":"create","data":1}""", "ERR_INVOKE_OUTPUT_BINDING" },
        { "secrets/part-secrets/s", null, "ERR_SECRET_GET" },
        { "secrets/part-secrets/bulk", null, "ERR_SECRET_GET" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Retry_ComponentFailsAsOftenAsAllowed_TheCallIsDone(string route, string? body, string error)
    {
        await using TestHost host = new(WithPolicy("retry: three, timeout: short"));
        HttpClient http = await StartAsync(host);
        foreach (PartFault fault in (PartFault[])[PartFault.Breaks, PartFault.Hangs, PartFault.Breaks]) _parts.Script.Enqueue(fault);
        (HttpStatusCode status, string? told) = await CallAsync(http, route, body);
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{status}: {told} instead of an end without {error}");
        Assert.Equal(1 + Retries, _parts.Calls);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Retry_ComponentFailsOnceMore_TheCallFailsAsDocumented(string route, string? body, string error)
    {
        await using TestHost host = new(WithPolicy("retry: three, timeout: short"));
        HttpClient http = await StartAsync(host);
        for (int i = 0; i <= Retries; i++) _parts.Script.Enqueue(i == Retries ? PartFault.Hangs : PartFault.Breaks);
        Assert.Equal((HttpStatusCode.InternalServerError, error), await CallAsync(http, route, body));
        Assert.Equal(1 + Retries, _parts.Calls);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Breaker_TwoFailures_NoCallReachesTheComponent(string route, string? body, string error)
    {
        await using TestHost host = new(WithPolicy("circuitBreaker: two"));
        HttpClient http = await StartAsync(host);
        for (int i = 0; i < 2; i++) _parts.Script.Enqueue(PartFault.Breaks);
        for (int i = 0; i < 4; i++) Assert.Equal((HttpStatusCode.InternalServerError, error), await CallAsync(http, route, body));
        Assert.Equal(2, _parts.Calls);
    }

    /// <summary>What the component answers to the request itself would be the same again, and says nothing about its health.</summary>
    [Theory]
    [InlineData(PartFault.ETagMismatch, "state/part-state", """[{"key":"a","value":1,"etag":"1"}]""", HttpStatusCode.Conflict, "ERR_STATE_SAVE")]
    [InlineData(PartFault.ETagMalformed, "state/part-state", """[{"key":"a","value":1,"etag":"1"}]""", HttpStatusCode.BadRequest, "ERR_STATE_SAVE")]
    [InlineData(PartFault.ETagMismatch, "state/part-state/transaction", """{"operations":[{"operation":"upsert","request":{"key":"a","value":1,"etag":"1"}}]}""", HttpStatusCode.InternalServerError, "ERR_STATE_TRANSACTION")]
    [InlineData(PartFault.TakesOne, "publish/bulk/part-pubsub/t", """[{"entryId":"1","event":"x","contentType":"text/plain"},{"entryId":"2","event":"y","contentType":"text/plain"}]""", HttpStatusCode.InternalServerError, "ERR_PUBSUB_PUBLISH_MESSAGE")]
    public async Task Refusal_OfTheRequest_IsNeitherRepeatedNorCounted(PartFault refusal, string route, string body, HttpStatusCode status, string error)
    {
        await using TestHost host = new(WithPolicy("retry: three, circuitBreaker: two"));
        HttpClient http = await StartAsync(host);
        for (int i = 0; i < 4; i++) _parts.Script.Enqueue(refusal);
        for (int i = 0; i < 4; i++) Assert.Equal((status, error), await CallAsync(http, route, body));
        Assert.Equal(4, _parts.Calls);
    }

    private static string WithPolicy(string policy) => Components.Replace("POLICY", policy, StringComparison.Ordinal);

    /// <summary>Starts a sidecar and puts the scripted parts in the places of its components, with the policies that it found for these.</summary>
    private async Task<HttpClient> StartAsync(TestHost host)
    {
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app" });
        AppComponents components = running.Sidecar.Components;
        components.States["part-state"] = new(Spec("part-state"), "app", "default", _parts) { Policy = components.States["part-state"].Policy };
        components.PubSubs["part-pubsub"] = new(Spec("part-pubsub"), "app", _parts) { Policy = components.PubSubs["part-pubsub"].Policy };
        components.Bindings["part-out"] = _parts;
        components.Secrets["part-secrets"] = _parts;
        return host.Client(running);
    }

    private static ComponentSpec Spec(string name) => new(name, "test", "v1", "file", false, TimeSpan.FromSeconds(5), new Dictionary<string, string>());

    private static async Task<(HttpStatusCode Status, string? Error)> CallAsync(HttpClient http, string route, string? body)
    {
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, "/v1.0/" + route);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, response.IsSuccessStatusCode ? null : JsonDocument.Parse(answer).RootElement.GetProperty("errorCode").GetString());
    }
}
