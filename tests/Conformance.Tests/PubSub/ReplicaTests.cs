using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests.PubSub;

/// <summary>Delivery among several apps and several replicas of one.</summary>
public sealed class ReplicaTests(DaprTarget target) : IAsyncLifetime
{
    private readonly SidecarFixture _sidecar = new(SidecarFixture.Component("pubsub", "pubsub.in-memory"));
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        target.EmbeddedOnly("several apps, and replicas that come and go");
        (_client, _) = await _sidecar.AddCallerAsync("publisher");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Publish_ToASubscriber_ArrivesAsACloudEvent()
    {
        ConcurrentQueue<JsonElement> received = [];
        await _sidecar.AddAppAsync("subscriber", Subscriber("topic", envelope =>
        {
            received.Enqueue(envelope);
            return Results.Ok();
        }));
        await _client.PublishEventAsync("pubsub", "topic", new { number = 7 });
        await Until.HoldsAsync(() => !received.IsEmpty, "the message arrives");
        JsonElement message = Assert.Single(received);
        Assert.Equal(7, message.GetProperty("data").GetProperty("number").GetInt32());
        Assert.Equal("publisher", message.GetProperty("source").GetString());
        Assert.Equal("topic", message.GetProperty("topic").GetString());
        Assert.Equal("1.0", message.GetProperty("specversion").GetString());
    }

    [Fact]
    public async Task Publish_BeforeAnybodySubscribes_IsKeptForTheFirst()
    {
        await _client.PublishEventAsync("pubsub", "early", 1);
        int received = 0;
        await _sidecar.AddAppAsync("late", Subscriber("early", _ =>
        {
            Interlocked.Increment(ref received);
            return Results.Ok();
        }));
        await Until.HoldsAsync(() => Volatile.Read(ref received) == 1, "the early message arrives");
    }

    [Theory]
    [InlineData("error")]
    [InlineData("RETRY")]
    public async Task Delivery_ThatFails_ComesAgainUntilItIsTaken(string how)
    {
        int deliveries = 0;
        await _sidecar.AddAppAsync("flaky", Subscriber("topic", _ => Interlocked.Increment(ref deliveries) switch
        {
            >= 3 => Results.Json(new { status = "SUCCESS" }),
            _ when how == "error" => Results.StatusCode(500),
            _ => Results.Json(new { status = how }),
        }));
        await _client.PublishEventAsync("pubsub", "topic", 1);
        await Until.HoldsAsync(() => Volatile.Read(ref deliveries) == 3, "the third delivery is taken");
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(200, "{\"status\":\"DROP\"}")]
    public async Task Delivery_ThatIsDropped_NeverComesAgain(int status, string body)
    {
        ConcurrentQueue<int> seen = [];
        await _sidecar.AddAppAsync("dropper", Subscriber("topic", envelope =>
        {
            seen.Enqueue(envelope.GetProperty("data").GetInt32());
            return seen.Count == 1 ? Results.Text(body, "application/json", statusCode: status) : Results.Ok();
        }));
        await _client.PublishEventAsync("pubsub", "topic", 1);
        await _client.PublishEventAsync("pubsub", "topic", 2);
        await Until.HoldsAsync(() => seen.Contains(2), "the second message arrives");
        Assert.Equal(1, seen.Count(n => n == 1));
    }

    [Fact]
    public async Task Replicas_OfOneApp_ShareTheMessages()
    {
        ConcurrentQueue<(int Replica, int Number)> received = [];
        for (int replica = 0; replica < 2; replica++)
        {
            int self = replica;
            await _sidecar.AddAppAsync("worker", Subscriber("work", envelope =>
            {
                received.Enqueue((self, envelope.GetProperty("data").GetInt32()));
                return Results.Ok();
            }));
        }

        await _client.BulkPublishEventAsync("pubsub", "work", Enumerable.Range(0, 60).ToArray());
        await Until.HoldsAsync(() => received.Count >= 60, "all messages arrive");
        Assert.Equal(Enumerable.Range(0, 60), received.Select(r => r.Number).Order());
        Assert.Equal(2, received.Select(r => r.Replica).Distinct().Count());
    }

    [Fact]
    public async Task Replica_ThatLeavesWithMessages_LosesNone()
    {
        TaskCompletionSource never = new();
        ConcurrentQueue<int> done = [];
        int held = 0;
        IAsyncDisposable stuck = await _sidecar.AddAppAsync("worker", app =>
        {
            MapSubscribe(app, "work", metadata: "1");
            app.MapPost("/messages", async context =>
            {
                Interlocked.Increment(ref held);
                await never.Task.WaitAsync(context.RequestAborted);
            });
        });
        await _client.BulkPublishEventAsync("pubsub", "work", Enumerable.Range(0, 10).ToArray());
        await Until.HoldsAsync(() => Volatile.Read(ref held) > 0, "the first replica holds a message");
        await _sidecar.AddAppAsync("worker", Subscriber("work", envelope =>
        {
            done.Enqueue(envelope.GetProperty("data").GetInt32());
            return Results.Ok();
        }));
        await stuck.DisposeAsync();
        await Until.HoldsAsync(() => done.Distinct().Count() == 10, "the other replica gets them all");
    }

    private static Action<WebApplication> Subscriber(string topic, Func<JsonElement, IResult> handle) => app =>
    {
        MapSubscribe(app, topic, metadata: null);
        app.MapPost("/messages", async context =>
        {
            using JsonDocument envelope = await JsonDocument.ParseAsync(context.Request.Body);
            await handle(envelope.RootElement.Clone()).ExecuteAsync(context);
        });
    };

    private static void MapSubscribe(WebApplication app, string topic, string? metadata) => app.MapGet("/dapr/subscribe", () => Results.Json(new[]
    {
        new { pubsubname = "pubsub", topic, route = "/messages", metadata = metadata is null ? null : new Dictionary<string, string> { ["maxConcurrentMessages"] = metadata } },
    }));
}
