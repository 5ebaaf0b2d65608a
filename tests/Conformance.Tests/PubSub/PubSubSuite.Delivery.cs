using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests.PubSub;

// What the app's answer does to a message, and which route it takes.
public abstract partial class PubSubSuite
{
    /// <summary>Whether the broker brings back what failed; daprd's in-memory broker does not.</summary>
    protected virtual bool Redelivers => true;

    /// <summary>Whether expired events reach the dead-letter topic; a broker with a time to live of its own discards them before.</summary>
    protected virtual bool BuriesExpired => true;

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "this is no JSON")]
    [InlineData(200, "{}")]
    [InlineData(200, "[1]")]
    [InlineData(200, "{\"status\":\"SUCCESS\"}")]
    [InlineData(204, "")]
    [InlineData(202, "{\"status\":\"\"}")]
    public async Task Delivery_Taken_NeverComesAgain(int status, string body)
    {
        Answer(_ => Told(status, body));
        await ExpectOneDeliveryAsync();
    }

    [Theory]
    [InlineData(200, "{\"status\":\"DROP\"}")]
    [InlineData(404, "")]
    public async Task Delivery_Dropped_NeverComesAgain(int status, string body)
    {
        Answer(delivery => delivery.Text.Contains("first", StringComparison.Ordinal) ? Told(status, body) : Results.Ok());
        await ExpectOneDeliveryAsync();
    }

    [Theory]
    [InlineData(200, "{\"status\":\"RETRY\"}")]
    [InlineData(200, "{\"status\":\"NO_SUCH_STATUS\"}")]
    [InlineData(400, "")]
    [InlineData(500, "{\"status\":\"SUCCESS\"}")]
    [InlineData(503, "")]
    public async Task Delivery_Failed_ComesAgainUntilItIsTaken(int status, string body)
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        Answer(_ => _inbox.Received.Count < 3 ? Told(status, body) : Results.Ok());
        await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token });
        string?[] ids = [(await _inbox.NextAsync()).Field("id"), (await _inbox.NextAsync()).Field("id"), (await _inbox.NextAsync()).Field("id")];
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task Delivery_ConnectionBreaks_ComesAgain()
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        Answer(_ => _inbox.Received.Count < 2 ? new Hangup() : Results.Ok());
        await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token });
        Assert.Equal((await _inbox.NextAsync()).Field("id"), (await _inbox.NextAsync()).Field("id"));
    }

    [Fact]
    public async Task Delivery_Failing_DoesNotHoldUpOthersForEver()
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        bool isOver = false;
        Answer(delivery => delivery.Text.Contains("poison", StringComparison.Ordinal) && !Volatile.Read(ref isOver) ? Results.StatusCode(500) : Results.Ok());
        await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token, kind = "poison" });
        for (int i = 0; i < 5; i++) await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token, kind = "good", i });
        await Until.HoldsAsync(() => _inbox.Received.Count(d => d.Text.Contains("good", StringComparison.Ordinal)) == 5, "the others are delivered");
        Volatile.Write(ref isOver, true);
        int failures = _inbox.Received.Count(d => d.Text.Contains("poison", StringComparison.Ordinal));
        await Until.HoldsAsync(() => _inbox.Received.Count(d => d.Text.Contains("poison", StringComparison.Ordinal)) > failures, "the failing one is taken at last");
    }

    [Theory]
    [InlineData(200, "{\"status\":\"DROP\"}")]
    [InlineData(200, "{\"status\":\"RETRY\"}")]
    [InlineData(404, "")]
    [InlineData(500, "")]
    public async Task DeadLetter_FirstFailure_BuriesTheEvent(int status, string body)
    {
        Answer(delivery => delivery.Path.EndsWith(Topics.Deadly, StringComparison.Ordinal) ? Told(status, body) : Results.Ok());
        await PublishAsync(Protocol.Http, Topics.Deadly, new { token = Token, number = 7 });
        Delivery first = await _inbox.NextAsync(), buried = await _inbox.NextAsync();
        Assert.Equal(($"/events/{_pubsub}/{Topics.Deadly}", $"/events/{_pubsub}/{Topics.Dead}"), (first.Path, buried.Path));
        Assert.Equal(first.Field("id"), buried.Field("id"));
        Assert.Equal(7, buried.Json.GetProperty("data").GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task DeadLetter_Success_BuriesNothing()
    {
        await PublishAsync(Protocol.Http, Topics.Deadly, new { token = Token });
        await _inbox.NextAsync();
        await PublishAsync(Protocol.Http, Topics.Dead, new { token = Token, sentinel = true });
        Assert.Contains("sentinel", (await _inbox.NextAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_Event_IsNotDelivered()
    {
        byte[] late = Json(new { specversion = "1.0", id = Token, source = "s", type = "t", datacontenttype = "application/json", expiration = "2001-01-01T00:00:00Z", data = 1 });
        await Dapr(Protocol.Http).PublishAsync(_pubsub, Topics.Deadly, late, "application/cloudevents+json");
        if (BuriesExpired) Assert.Equal($"/events/{_pubsub}/{Topics.Dead}", (await _inbox.NextAsync()).Path);
        await PublishAsync(Protocol.Http, Topics.Deadly, new { token = Token, kind = "good" });
        Delivery next = await _inbox.NextAsync();
        Assert.Equal($"/events/{_pubsub}/{Topics.Deadly}", next.Path);
        Assert.Contains("good", next.Text, StringComparison.Ordinal);
    }

    [Theory, BothProtocols]
    public async Task Ttl_ThatHasNotEnded_ChangesNothing(Protocol protocol)
    {
        await PublishAsync(protocol, Topics.Plain, new { token = Token }, new Dictionary<string, string> { ["ttlInSeconds"] = "1000" });
        Assert.Equal(Token, (await _inbox.NextAsync()).Json.GetProperty("data").GetProperty("token").GetString());
    }

    [Theory]
    [InlineData("special", "blue", 1, "special")]
    [InlineData("special", "red", 7, "special")]
    [InlineData("other", "blue", 7, "seven")]
    [InlineData("a", "red", 1, "either")]
    [InlineData("b", "blue", 1, "either")]
    [InlineData("a", "blue", 1, "default")]
    public async Task Routes_Rules_DecideInTheirOrder(string type, string colour, int number, string expected)
    {
        await PublishAsync(Protocol.Http, Topics.Routed, new { token = Token, colour, number }, new Dictionary<string, string> { ["cloudevent.type"] = type });
        Assert.Equal($"/events/{_pubsub}/{Topics.Routed}/{expected}", (await _inbox.NextAsync()).Path);
    }

    [Fact]
    public async Task Routes_NoneMatches_BuriesTheEvent()
    {
        await PublishAsync(Protocol.Http, Topics.Picky, new { token = Token });
        Assert.Equal($"/events/{_pubsub}/{Topics.Dead}", (await _inbox.NextAsync()).Path);
        await PublishAsync(Protocol.Http, Topics.Picky, new { token = Token }, new Dictionary<string, string> { ["cloudevent.type"] = "wanted" });
        Assert.Equal($"/events/{_pubsub}/{Topics.Picky}/wanted", (await _inbox.NextAsync()).Path);
    }

    private static IResult Told(int status, string body) => status is 204 ? Results.NoContent() : Results.Text(body, "application/json", statusCode: status);

    /// <summary>The first message comes once, however many follow it.</summary>
    private async Task ExpectOneDeliveryAsync()
    {
        await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token, kind = "first" });
        string? id = (await _inbox.NextAsync()).Field("id");
        for (int i = 0; i < 3; i++)
        {
            await PublishAsync(Protocol.Http, Topics.Plain, new { token = Token, kind = "later" });
            Assert.NotEqual(id, (await _inbox.NextAsync()).Field("id"));
        }
    }

    /// <summary>Ends the connection without an answer, as a process does that dies.</summary>
    private sealed class Hangup : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Abort();
            return Task.CompletedTask;
        }
    }
}
