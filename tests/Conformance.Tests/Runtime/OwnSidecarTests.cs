using System.Collections.Concurrent;
using System.Net;
using Dapr.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests.Runtime;

/// <summary>What cannot be asked of a target that all suites share: tokens, a sidecar without components, and its end.</summary>
public sealed class OwnSidecarTests : IAsyncDisposable
{
    private readonly SidecarFixture _sidecar = new(SidecarFixture.Component("pubsub", "pubsub.in-memory") + "\nscopes: [publisher, subscriber]");

    public OwnSidecarTests(DaprTarget target) => target.EmbeddedOnly("sidecars with settings of their own");

    public ValueTask DisposeAsync() => _sidecar.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task ApiToken_MissingOrWrong_IsRefusedOverBoth(string? token)
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "publisher", ApiToken = "right" });
        using HttpClient http = Http(ports, token);
        HttpResponseMessage answer = await http.GetAsync("/v1.0/metadata");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("invalid api token", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using DaprGrpc grpc = new(Loopback.Url(ports.Grpc), token ?? "");
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(grpc.GetMetadataAsync)).StatusCode);
    }

    [Fact]
    public async Task ApiToken_Right_IsTakenOverBoth()
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "publisher", ApiToken = "right" });
        using HttpClient http = Http(ports, "right");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1.0/metadata")).StatusCode);
        using DaprGrpc grpc = new(Loopback.Url(ports.Grpc), "right");
        Assert.Equal("publisher", (await grpc.GetMetadataAsync()).Id);
    }

    [Theory]
    [InlineData("/v1.0/healthz")]
    [InlineData("/v1.0/healthz/outbound")]
    public async Task ApiToken_Missing_HealthIsToldAllTheSame(string path)
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "publisher", ApiToken = "right" });
        using HttpClient http = Http(ports, null);
        await Until.HoldsAsync(async () => (await http.GetAsync(path)).StatusCode is HttpStatusCode.NoContent, "the sidecar is healthy");
    }

    [Fact]
    public async Task AppToken_OfTheSidecar_IsShownToTheAppAndThatOfTheApiIsNot()
    {
        ConcurrentQueue<string> shown = [];
        await _sidecar.AddAppAsync(
            new InstanceOptions { AppId = "subscriber", AppToken = "for the app", ApiToken = "for the sidecar" },
            app =>
            {
                app.MapGet("/dapr/subscribe", () => Results.Json(new[] { new { pubsubname = "pubsub", topic = "topic", route = "/events" } }));
                app.MapPost("/events", context => Note(context));
                app.MapGet("/method", context => Note(context));
            });
        (DaprClient publisher, InstancePorts ports) = await _sidecar.AddCallerAsync("publisher");
        using (publisher)
        {
            await publisher.PublishEventAsync("pubsub", "topic", 1);
            await Until.HoldsAsync(() => shown.Count == 1, "the event comes");
            using HttpRequestMessage call = new(HttpMethod.Get, "/v1.0/invoke/subscriber/method/method");
            call.Headers.Add("dapr-api-token", "of the caller");
            using HttpClient http = Http(ports, null);
            (await http.SendAsync(call)).EnsureSuccessStatusCode();
        }

        Assert.Equal(["for the app", "for the app"], shown);

        Task Note(HttpContext context)
        {
            shown.Enqueue(context.Request.Headers["dapr-api-token"].ToString());
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task NoComponents_EveryBlock_SaysThatItIsNotConfigured()
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "out-of-scope" });
        using HttpClient http = Http(ports, null);
        using DaprGrpc grpc = new(Loopback.Url(ports.Grpc), "");
        foreach (IDaprCalls dapr in (IDaprCalls[])[new HttpCalls(http), new GrpcCalls(grpc)])
        {
            await DaprRefusal.ExpectAsync(() => dapr.GetStateAsync("any", "key"), 500, "ERR_STATE_STORE_NOT_CONFIGURED", StatusCode.FailedPrecondition);
            await DaprRefusal.ExpectAsync(() => dapr.PublishAsync("pubsub", "topic", []), 400, "ERR_PUBSUB_NOT_CONFIGURED", StatusCode.FailedPrecondition);
            await DaprRefusal.ExpectAsync(() => dapr.InvokeBindingAsync("any", "get"), 500, "ERR_INVOKE_OUTPUT_BINDING", StatusCode.Internal);
        }
    }

    [Theory, BothProtocols]
    public async Task Shutdown_Asked_EndsTheSidecar(Protocol protocol)
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "publisher" });
        using HttpClient http = Http(ports, null);
        using DaprGrpc grpc = new(Loopback.Url(ports.Grpc), "");
        if (protocol is Protocol.Grpc) await grpc.ShutdownAsync();
        else Assert.Equal(HttpStatusCode.NoContent, (await http.PostAsync("/v1.0/shutdown", null)).StatusCode);
        await Until.HoldsAsync(IsGoneAsync, "the port closes");

        async Task<bool> IsGoneAsync()
        {
            try
            {
                await http.GetAsync("/v1.0/healthz");
                return false;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task AppThatIsNotThereYet_MayBeServedButIsNotReady()
    {
        InstancePorts ports = await _sidecar.AddSidecarAsync(new InstanceOptions { AppId = "publisher", AppPort = FreePort.Take() });
        using HttpClient http = Http(ports, null);
        await Until.HoldsAsync(async () => (await http.GetAsync("/v1.0/healthz/outbound")).StatusCode is HttpStatusCode.NoContent, "calls may go out");
        HttpResponseMessage answer = await http.GetAsync("/v1.0/healthz");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("\"ERR_HEALTH_NOT_READY\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await http.PostAsync("/v1.0/publish/pubsub/topic", new StringContent("early"))).StatusCode);
    }

    private static HttpClient Http(InstancePorts ports, string? token)
    {
        HttpClient http = new() { BaseAddress = new Uri(Loopback.Url(ports.Http)) };
        if (token is not null) http.DefaultRequestHeaders.Add("dapr-api-token", token);
        return http;
    }
}
