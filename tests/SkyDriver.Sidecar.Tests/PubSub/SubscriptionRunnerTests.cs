using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class SubscriptionRunnerTests : IAsyncLifetime
{
    private static readonly RouteRule[] OneRoute = [new(null, "/all")];

    private readonly ManualClock _clock = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly ScriptedApp _app = new();
    private readonly FaultyBroker _broker;
    private SubscriptionRunner? _runner;

    public SubscriptionRunnerTests() => _broker = new(new InMemoryBroker(BrokerLimits.Default, _clock, NullLogger.Instance));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync();
        if (_runner is not null) await _runner.DisposeAsync();
        _gone.Dispose();
        _deadline.Dispose();
    }

    [Theory]
    [InlineData(DeliveryOutcome.Success)]
    [InlineData(DeliveryOutcome.Drop)]
    public async Task Outcome_ThatEndsAMessage_DeliversItOnce(object outcome)
    {
        _app.Answers.Enqueue((DeliveryOutcome)outcome);
        await StartAsync();
        await PublishAsync("a", "b");
        Assert.Equal(["a", "b"], await _app.TakeAsync(2, _deadline.Token));
        await IdleAsync();
        Assert.Equal(2, _app.Calls);
    }

    [Theory]
    [InlineData(DeliveryOutcome.Retry)]
    [InlineData(DeliveryOutcome.Unreachable)]
    public async Task Outcome_Failure_ComesAgainAfterAPause(object outcome)
    {
        _app.Answers.Enqueue((DeliveryOutcome)outcome);
        await StartAsync();
        await PublishAsync("a");
        Assert.Equal(["a", "a"], await _app.TakeAsync(2, _deadline.Token, _clock));
    }

    [Theory]
    [InlineData(DeliveryOutcome.Retry)]
    [InlineData(DeliveryOutcome.Drop)]
    [InlineData(DeliveryOutcome.Unreachable)]
    public async Task DeadLetterTopic_WithoutAPolicy_GetsTheFirstFailure(object outcome)
    {
        _app.Answers.Enqueue((DeliveryOutcome)outcome);
        await StartAsync(deadLetter: "dead");
        await PublishAsync("a");
        Assert.Equal(["a"], await _app.TakeAsync(1, _deadline.Token));
        Assert.Equal("a", await BuriedAsync());
        await IdleAsync();
        Assert.Equal(1, _app.Calls);
    }

    [Fact]
    public async Task DeadLetterTopic_WithAPolicy_GetsWhatFailsToTheLast()
    {
        for (int i = 0; i < 3; i++) _app.Answers.Enqueue(DeliveryOutcome.Retry);
        await StartAsync(deadLetter: "dead", policy: new ResiliencyPolicy(null, new RetrySpec(false, TimeSpan.FromSeconds(1), RetrySpec.DefaultMaxInterval, 2), null, _clock));
        await PublishAsync("a");
        await _app.TakeAsync(3, _deadline.Token, _clock);
        Assert.Equal("a", await BuriedAsync());
    }

    [Fact]
    public async Task App_ThatThrows_GetsTheMessageAgain()
    {
        _app.Fault = new InvalidOperationException("the app's way is broken");
        await StartAsync();
        await PublishAsync("a");
        Assert.Equal(["a", "a"], await _app.TakeAsync(2, _deadline.Token, _clock));
    }

    [Fact]
    public async Task Expired_Message_IsBuriedAndNotDelivered()
    {
        await StartAsync(deadLetter: "dead");
        await _broker.PublishAsync("topic", [Event("late") with { ExpiresAt = _clock.GetUtcNow() }, Event("fine")], CancellationToken.None);
        Assert.Equal(["fine"], await _app.TakeAsync(1, _deadline.Token));
        Assert.Equal("late", await BuriedAsync());
    }

    [Fact]
    public async Task Routes_InOrder_ThenDefault()
    {
        await StartAsync(routes: [new("event.type == \"x\"", "/x"), new("event.id == \"b\"", "/b"), new(null, "/rest")]);
        await PublishAsync("a", "b");
        await _broker.PublishAsync("topic", [Event("c", "x")], CancellationToken.None);
        await _app.TakeAsync(3, _deadline.Token);
        Assert.Equal(["/rest", "/b", "/x"], _app.Paths);
    }

    [Fact]
    public async Task Routes_NoneMatches_IsBuried()
    {
        await StartAsync(routes: [new("event.type == \"x\"", "/x")], deadLetter: "dead");
        await PublishAsync("a");
        Assert.Equal("a", await BuriedAsync());
        Assert.Equal(0, _app.Calls);
    }

    [Fact]
    public async Task Raw_Bytes_AreWrappedForARawSubscriptionAndDroppedByAnother()
    {
        await StartAsync(metadata: new() { ["rawPayload"] = "true" });
        await _broker.PublishAsync("topic", [new Message([1, 2], "", false, null, null)], CancellationToken.None);
        JsonElement wrapped = JsonDocument.Parse((await _app.TakeDeliveriesAsync(1, _deadline.Token))[0].Envelope).RootElement;
        Assert.Equal([1, 2], wrapped.GetProperty("data_base64").GetBytesFromBase64());
        Assert.Equal("application/octet-stream", wrapped.GetProperty("datacontenttype").GetString());
        Assert.True(Guid.TryParse(wrapped.GetProperty("id").GetString(), out _));
    }

    [Fact]
    public async Task Raw_BytesThatAreNoEvent_AreBuriedByAnOrdinarySubscription()
    {
        await StartAsync(deadLetter: "dead");
        await using IConsumer dead = await DeadAsync();
        await _broker.PublishAsync("topic", [new Message([1, 2], "", false, null, null)], CancellationToken.None);
        Assert.Equal([1, 2], (await dead.TakeAsync(1, _deadline.Token))[0].Message.Data);
        Assert.Equal(0, _app.Calls);
    }

    [Fact]
    public async Task Bulk_DifferentOutcomes_AreSettledEachForItself()
    {
        _app.BatchSize = 3;
        foreach (DeliveryOutcome outcome in (DeliveryOutcome[])[DeliveryOutcome.Success, DeliveryOutcome.Retry, DeliveryOutcome.Drop]) _app.Answers.Enqueue(outcome);
        await PublishAsync("a", "b", "c");
        await StartAsync();
        Assert.Equal(["a", "b", "c", "b"], await _app.TakeAsync(4, _deadline.Token, _clock));
    }

    [Fact]
    public async Task Gone_WithAMessageAtTheApp_GivesItToTheNextAtOnce()
    {
        _app.Hold = true;
        await StartAsync();
        await PublishAsync("a");
        await _app.TakeAsync(1, _deadline.Token);
        await _gone.CancelAsync();
        await _runner!.DisposeAsync();
        await using IConsumer next = await _broker.SubscribeAsync("topic", "group", SubscriptionOptions.Default, CancellationToken.None);
        Assert.Equal("a", Id(Assert.Single(await next.TakeAsync(1, _deadline.Token)).Message));
    }

    [Fact]
    public async Task Fault_DeadLetterPublishFails_TheMessageIsKeptUntilItIsBuried()
    {
        for (int i = 0; i < 3; i++) _app.Answers.Enqueue(DeliveryOutcome.Drop);
        _broker.RefusedTopic = "dead";
        _broker.Refusals = 2;
        await StartAsync(deadLetter: "dead");
        await PublishAsync("a");
        Assert.Equal(["a", "a", "a"], await _app.TakeAsync(3, _deadline.Token, _clock));
        Assert.Equal("a", await BuriedAsync());
        await IdleAsync();
        Assert.Equal(3, _app.Calls);
    }

    [Fact]
    public async Task Fault_DeliveryDuplicated_BothCopiesAreSettledAndTheNextArrives()
    {
        await StartAsync(deadLetter: "dead");
        Message same = Event("a");
        await _broker.PublishAsync("topic", [same, same, Event("b")], CancellationToken.None);
        Assert.Equal(["a", "a", "b"], await _app.TakeAsync(3, _deadline.Token));
    }

    private static Message Event(string id, string type = "t") =>
        new(Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","type":"{{type}}","specversion":"1.0"}"""), CloudEventWriter.EnvelopeType, true, null, null);

    private static string Id(Message message) => JsonDocument.Parse(message.Data).RootElement.GetProperty("id").GetString()!;

    private async Task StartAsync(RouteRule[]? routes = null, string? deadLetter = null, Dictionary<string, string>? metadata = null, ResiliencyPolicy? policy = null)
    {
        ComponentSpec component = new("pubsub", "pubsub.in-memory", "v1", "file", false, TimeSpan.Zero, new Dictionary<string, string> { ["consumerID"] = "group" });
        SubscriptionSpec spec = new("pubsub", "topic", routes ?? OneRoute, metadata ?? [], deadLetter, null, "PROGRAMMATIC");
        _runner = await SubscriptionRunner.StartAsync(new PubSubComponent(component, "app", _broker), spec, _app, 1, policy ?? ResiliencyPolicy.None, _gone.Token, _clock, NullLogger.Instance);
    }

    private async Task PublishAsync(params string[] ids) => await _broker.PublishAsync("topic", [.. ids.Select(id => Event(id))], CancellationToken.None);

    private ValueTask<IConsumer> DeadAsync() => _broker.SubscribeAsync("dead", "undertaker", SubscriptionOptions.Default, CancellationToken.None);

    private async Task<string> BuriedAsync()
    {
        await using IConsumer dead = await DeadAsync();
        return Id(Assert.Single(await dead.TakeAsync(1, _deadline.Token)).Message);
    }

    /// <summary>Proves that nothing more is to come: a marker published now is the next to arrive, though long pauses pass.</summary>
    private async Task IdleAsync()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        await PublishAsync("marker");
        Assert.Equal(["marker"], await _app.TakeAsync(1, _deadline.Token, _clock));
        _app.Calls--;
    }
}
