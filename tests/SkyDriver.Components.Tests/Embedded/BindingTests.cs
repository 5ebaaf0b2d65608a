using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Components.Tests.Embedded;

public sealed class BindingTests
{
    private readonly List<string> _calls = [];
    private readonly ConcurrentQueue<(string Verb, string Path, string Body, string? Colour)> _requests = [];

    [Fact]
    public async Task Output_OverHttp_GetsJsonTextAndAnswersWithHeaders()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("out", "bindings.echo").StartAsync();
        (HttpStatusCode status, string body, HttpResponseMessage response) = await sidecar.SendAsync("POST", "/v1.0/bindings/out", """{"operation":"Shout","data":"hello","metadata":{"k":"v","bad name":"x"}}""");
        Assert.Equal((HttpStatusCode.OK, "\"HELLO\"", "v"), (status, body, response.Headers.GetValues("metadata.k").Single()));
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("POST", "/v1.0/bindings/out", """{"operation":"shout"}""")).Status);
    }

    [Fact]
    public async Task Output_OverGrpc_GetsTheBytes()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("out", "bindings.echo").StartAsync();
        using GrpcConnection dapr = new($"http://127.0.0.1:{sidecar.Running.GrpcPort}");
        InvokeBindingRequest request = new() { Name = "out", Operation = "shout", Data = Google.Protobuf.ByteString.CopyFromUtf8("hello"), Metadata = { ["k"] = "v" } };
        InvokeBindingResponse response = await dapr.UnaryAsync("/dapr.proto.runtime.v1.Dapr/InvokeBinding", request, InvokeBindingResponse.Parser);
        Assert.Equal(("HELLO", "v"), (response.Data.ToStringUtf8(), response.Metadata["k"]));
    }

    [Theory]
    [InlineData("out", """{"operation":"sing"}""", HttpStatusCode.InternalServerError, "sing")]
    [InlineData("out", """{"data":1}""", HttpStatusCode.InternalServerError, "operation")]
    [InlineData("none", """{"operation":"shout"}""", HttpStatusCode.InternalServerError, "none")]
    [InlineData("out", """{"operation":"fail","metadata":{"fault":"NotFound"}}""", HttpStatusCode.InternalServerError, "it was NotFound")]
    [InlineData("out", """{"operation":"fail","metadata":{"fault":"dictated"}}""", (HttpStatusCode)429, "ERR_TOO_LOUD")]
    [InlineData("out", "{", HttpStatusCode.BadRequest, "ERR_MALFORMED_REQUEST")]
    public async Task Output_Failure_HasItsCode(string name, string body, HttpStatusCode expected, string word)
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("out", "bindings.echo").StartAsync();
        (HttpStatusCode status, string told, _) = await sidecar.SendAsync("POST", $"/v1.0/bindings/{name}", body);
        Assert.Equal(expected, status);
        Assert.Contains(word, told);
        if (expected is HttpStatusCode.InternalServerError) Assert.Contains("ERR_INVOKE_OUTPUT_BINDING", told);
    }

    [Fact]
    public async Task Input_Event_ReachesTheRouteWithHeadersAndIsAnswered()
    {
        await using EmbeddedSidecar sidecar = new();
        PushBinding source = new();
        await using ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => source));
        await sidecar.With("in", "bindings.push", metadata: [("route", "/events/new"), ("direction", "input")]).StartAsync(app => Map(app, 200));
        BindingEventResult result = await source.PushAsync("{\"n\":1}", ("colour", "blue"), ("not a header", "x"));
        Assert.True(result.IsProcessed, result.Error);
        Assert.Equal("thanks", Encoding.UTF8.GetString(result.Data.Span));
        Assert.Equal(("POST", "/events/new", "{\"n\":1}", "blue"), _requests.Single());
    }

    [Theory]
    [InlineData(201)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Input_AnythingBut200_IsAnError(int status)
    {
        await using EmbeddedSidecar sidecar = new();
        PushBinding source = new();
        await using ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => source));
        await sidecar.With("in", "bindings.push", metadata: [("direction", "input")]).StartAsync(app => Map(app, status));
        BindingEventResult result = await source.PushAsync("1");
        Assert.False(result.IsProcessed);
        Assert.Contains($"{status}", result.Error);
    }

    [Theory]
    [InlineData(405, true)]
    [InlineData(204, true)]
    [InlineData(404, false)]
    [InlineData(500, false)]
    public async Task Input_DirectionNotSaid_TheAppIsAsked(int answer, bool wanted)
    {
        await using EmbeddedSidecar sidecar = new();
        PushBinding source = new();
        await using ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => source));
        await sidecar.With("in", "bindings.push").StartAsync(app => Map(app, 200, answer));
        Assert.Equal(("OPTIONS", "/in"), (_requests.First().Verb, _requests.First().Path));
        if (wanted) Assert.True((await source.PushAsync("1")).IsProcessed);
        else Assert.Single(_requests);
        // It has no output: whoever sends to it is told so.
        Assert.Contains("find output binding in", (await sidecar.SendAsync("POST", "/v1.0/bindings/in", """{"operation":"shout"}""")).Body);
    }

    [Fact]
    public async Task Input_ComponentIsRestarted_IsReadAgain()
    {
        await using EmbeddedSidecar sidecar = new();
        PushBinding first = new(), second = new();
        ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => first));
        await sidecar.With("in", "bindings.push", metadata: [("direction", "input")]).StartAsync(app => Map(app, 200));
        Assert.True((await first.PushAsync("1")).IsProcessed);
        await component.DisposeAsync();
        await using ComponentHost again = await sidecar.ServeAsync("push", b => b.Add(_ => second));
        Assert.True((await second.PushAsync("2")).IsProcessed);
        Assert.Equal(["1", "2"], _requests.Select(r => r.Body));
    }

    [Fact]
    public async Task Input_SidecarStops_TheEventUnderWayIsStillAnswered()
    {
        EmbeddedSidecar sidecar = new();
        PushBinding source = new();
        TaskCompletionSource arrived = new(), mayAnswer = new();
        await using ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => source));
        await sidecar.With("in", "bindings.push", metadata: [("direction", "input")]).StartAsync(app => app.MapPost("/in", async () =>
        {
            arrived.SetResult();
            await mayAnswer.Task;
            return Results.Text("late");
        }));
        Task<BindingEventResult> pushed = source.PushAsync("1");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Task stopping = sidecar.Running.StopAsync(isDead: false);
        mayAnswer.SetResult();
        Assert.Equal("late", Encoding.UTF8.GetString((await pushed).Data.Span));
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
        await component.DisposeAsync();
        await sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Input_AppIsUnhealthy_IsNotReadUntilItRecovers()
    {
        await using EmbeddedSidecar sidecar = new();
        PushBinding source = new();
        int health = 200;
        await using ComponentHost component = await sidecar.ServeAsync("push", b => b.Add(_ => source));
        AppHealthSettings settings = new("/health", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30), Threshold: 2);
        await sidecar.With("in", "bindings.push", metadata: [("direction", "input")]).StartAsync(app => app.MapGet("/health", () => Results.StatusCode(Volatile.Read(ref health))), health: settings);
        await Until.HoldsAsync(() => Volatile.Read(ref source.Readers) == 1, "the healthy app's binding is read");
        Volatile.Write(ref health, 500);
        await Until.HoldsAsync(() => Volatile.Read(ref source.Readers) == 0, "the sick app's binding is not read");
        Volatile.Write(ref health, 200);
        await Until.HoldsAsync(() => Volatile.Read(ref source.Readers) == 1, "the binding is read again");
    }

    [Fact]
    public async Task Cron_WithoutDirection_SendsToTheAppThatWantsIt()
    {
        await using EmbeddedSidecar sidecar = new();
        await sidecar.With("tick", "bindings.cron", metadata: [("schedule", "@every 1s")]).StartAsync(app => Map(app, 200));
        await Until.HoldsAsync(() => _requests.Any(r => r.Verb == "POST"), "the schedule fires");
        Assert.Equal(("OPTIONS", "/tick", "", null), _requests.First());
        Assert.Equal(("POST", "/tick", "", null), _requests.First(r => r.Verb == "POST"));
    }

    private void Map(WebApplication app, int answer, int options = 200) => app.Run(async context =>
    {
        if (context.Request.Path.StartsWithSegments("/dapr"))
        {
            context.Response.StatusCode = 404;
            return;
        }

        using StreamReader reader = new(context.Request.Body);
        _requests.Enqueue((context.Request.Method, context.Request.Path, await reader.ReadToEndAsync(), context.Request.Headers["colour"]));
        context.Response.StatusCode = context.Request.Method == "OPTIONS" ? options : answer;
        if (context.Response.StatusCode == 200) await context.Response.WriteAsync("thanks");
    });
}
