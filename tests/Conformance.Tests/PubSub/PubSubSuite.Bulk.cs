using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests.PubSub;

// Events that come in one request.
public abstract partial class PubSubSuite
{
    [Fact]
    public async Task Bulk_Delivery_HoldsEnvelopesWithEntryIds()
    {
        Answer(delivery => Statuses(delivery, _ => "SUCCESS"));
        await PublishManyAsync(Topics.Bulk, 12);
        List<(Delivery Request, JsonElement Entry)> got = await EntriesAsync(12);
        Assert.All(got, g => Assert.StartsWith("application/json", g.Request.Headers["Content-Type"], StringComparison.Ordinal));
        Assert.All(got, g => Assert.Equal((Topics.Bulk, _pubsub, "com.dapr.event.sent.bulk"), (g.Request.Field("topic"), g.Request.Field("pubsubname"), g.Request.Field("type"))));
        Assert.All(got, g => Assert.Equal("application/cloudevents+json", g.Entry.GetProperty("contentType").GetString()));
        Assert.Equal(Enumerable.Range(0, 12), got.Select(g => Number(g.Entry)).Order());
        Assert.Equal(12, got.Select(g => g.Entry.GetProperty("entryId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Bulk_Delivery_NeverHoldsMoreThanItMay()
    {
        Answer(delivery => Statuses(delivery, _ => "SUCCESS"));
        await PublishManyAsync(Topics.Bulk, 30);
        List<(Delivery Request, JsonElement Entry)> got = await EntriesAsync(30);
        Assert.All(got.Select(g => g.Request).Distinct(), r => Assert.InRange(r.Json.GetProperty("entries").GetArrayLength(), 1, 5));
    }

    [Theory]
    [InlineData("RETRY")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Bulk_OneEntryFails_ComesAgainAlone(string? status)
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        HashSet<int> failed = [];
        Answer(delivery => Statuses(delivery, number => number == 2 && failed.Add(number) ? status : "SUCCESS"));
        await PublishManyAsync(Topics.Bulk, 5);
        List<(Delivery Request, JsonElement Entry)> got = await EntriesAsync(6);
        Assert.Equal([0, 1, 2, 2, 3, 4], got.Select(g => Number(g.Entry)).Order());
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(200, "this is no JSON")]
    public async Task Bulk_AnswerFails_AllComeAgain(int status, string body)
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        HashSet<int> failed = [];
        Answer(delivery => Entries(delivery).Count(e => failed.Add(Number(e))) > 0 ? Told(status, body) : Statuses(delivery, _ => "SUCCESS"));
        await PublishManyAsync(Topics.Bulk, 3);
        await Until.HoldsAsync(() => Enumerable.Range(0, 3).All(n => _inbox.Received.SelectMany(Entries).Count(e => Number(e) == n) >= 2), "all come twice");
    }

    [Fact]
    public async Task Bulk_NoRoute_DropsAll()
    {
        Answer(delivery => Entries(delivery).Any(e => Number(e) < 3) ? Results.NotFound() : Statuses(delivery, _ => "SUCCESS"));
        await PublishManyAsync(Topics.Bulk, 3);
        await EntriesAsync(3);
        await PublishAsync(Protocol.Http, Topics.Bulk, new { token = Token, number = 3 });
        Assert.Equal([3], (await EntriesAsync(1)).Select(g => Number(g.Entry)));
    }

    [Fact]
    public async Task Bulk_EntryDropped_IsBuriedAlone()
    {
        Answer(delivery => delivery.Path.EndsWith(Topics.Dead, StringComparison.Ordinal) ? Results.Ok() : Statuses(delivery, number => number == 1 ? "DROP" : "SUCCESS"));
        await PublishManyAsync(Topics.BulkDeadly, 3);
        await Until.HoldsAsync(() => _inbox.Received.Any(IsBuried), "one is buried");
        Assert.Equal(1, _inbox.Received.Single(IsBuried).Json.GetProperty("data").GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task Bulk_RawSubscription_GetsBytesInBase64()
    {
        Answer(delivery => Statuses(delivery, _ => "SUCCESS"));
        byte[] bytes = [0xff, 0x01, .. Encoding.UTF8.GetBytes(Token)];
        await Dapr(Protocol.Http).PublishAsync(_pubsub, Topics.BulkRaw, bytes, "application/octet-stream", new Dictionary<string, string> { ["rawPayload"] = "true" });
        Assert.Equal(bytes, (await EntriesAsync(1))[0].Entry.GetProperty("event").GetBytesFromBase64());
    }

    private static bool IsBuried(Delivery delivery) => delivery.Path.EndsWith("/" + Topics.Dead, StringComparison.Ordinal);

    private static JsonElement[] Entries(Delivery delivery) => delivery.Json.TryGetProperty("entries", out JsonElement entries) ? [.. entries.EnumerateArray()] : [];

    private static int Number(JsonElement entry) => entry.GetProperty("event").GetProperty("data").GetProperty("number").GetInt32();

    /// <param name="status">By the event's number; null leaves the entry out of the answer.</param>
    private static IResult Statuses(Delivery delivery, Func<int, string?> status)
    {
        var told = from entry in Entries(delivery)
                   let number = entry.GetProperty("event").ValueKind is JsonValueKind.Object ? Number(entry) : -1
                   let answer = status(number)
                   where answer is not null
                   select new { entryId = entry.GetProperty("entryId").GetString(), status = answer };
        return Results.Json(new { statuses = told.ToArray() });
    }

    private async Task PublishManyAsync(string topic, int count)
    {
        BulkEntry[] entries = [.. Enumerable.Range(0, count).Select(i => new BulkEntry($"{i}", $$"""{"token":"{{Token}}","number":{{i}}}""", "application/json"))];
        Assert.Empty(await Dapr(Protocol.Http).BulkPublishAsync(_pubsub, topic, entries));
    }

    private async Task<List<(Delivery Request, JsonElement Entry)>> EntriesAsync(int count)
    {
        List<(Delivery Request, JsonElement Entry)> got = [];
        while (got.Count < count)
        {
            Delivery request = await _inbox.NextAsync();
            got.AddRange(Entries(request).Select(e => (request, e)));
        }

        return got;
    }
}
