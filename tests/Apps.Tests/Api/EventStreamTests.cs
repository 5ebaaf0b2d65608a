using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

public sealed class EventStreamTests() : ApiHarness("SKYDRIVER_EVENTS_HEARTBEAT=1s", "SKYDRIVER_EVENTS_LISTENERS=3", "SKYDRIVER_EVENTS_PATIENCE=1s")
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Events_NotedAndNew_ComeWithTheirNumbers()
    {
        string id = await LaunchedAsync();
        await DeliverAsync("m1", id, "phase", """, "phase": "launching" """);
        await using EventReader reader = await ListenAsync($"/scan/{id}/events");
        Assert.Equal((1, "phase"), await reader.NextAsync());
        Assert.Equal("launching", reader.Data.GetProperty("phase").GetString());
        await DeliverAsync("m2", id, "progress", """, "progress": {"summary": "half"} """);
        Assert.Equal((2, "progress"), await reader.NextAsync());
        Assert.Equal("half", reader.Data.GetProperty("progress").GetProperty("summary").GetString());
    }

    [Fact]
    public async Task Events_ClientComesBack_GoesOnWithoutGapOrDuplicate()
    {
        string id = await LaunchedAsync();
        foreach (int i in Enumerable.Range(1, 5)) await DeliverAsync($"m{i}", id, "result", $", \"result_revision\": {i}");
        await DeliverAsync("m3", id, "result", ", \"result_revision\": 3");
        await using (EventReader reader = await ListenAsync($"/scan/{id}/events", ("Last-Event-ID", "3")))
        {
            Assert.Equal((4, "result"), await reader.NextAsync());
            Assert.Equal((5, "result"), await reader.NextAsync());
        }

        await DeliverAsync("m6", id, "ended", "");
        await using EventReader again = await ListenAsync($"/scan/{id}/events?last_event_id=5");
        Assert.Equal((6, "ended"), await again.NextAsync());
    }

    [Fact]
    public async Task Events_ProgressIsReplaced_OnlyTheNewestReportsAreKeptAndNothingIsMissed()
    {
        string id = await LaunchedAsync();
        await DeliverAsync("first", id, "phase", """, "phase": "scanning" """);
        foreach (int i in Enumerable.Range(1, 20)) await DeliverAsync($"p{i}", id, "progress", $", \"progress\": {{\"summary\": \"{i}\"}}");
        await using EventReader reader = await ListenAsync($"/scan/{id}/events");
        Assert.Equal((1, "phase"), await reader.NextAsync());
        foreach (int number in new[] { 18, 19, 20, 21 }) Assert.Equal((number, "progress"), await reader.NextAsync());
        await using EventReader behind = await ListenAsync($"/scan/{id}/events", ("Last-Event-ID", "2"));
        Assert.Equal((18, "progress"), await behind.NextAsync());
    }

    [Fact]
    public async Task Events_SomeAreGoneForGood_TheClientIsToldToReset()
    {
        string id = await LaunchedAsync();
        foreach (int i in Enumerable.Range(1, 70)) await DeliverAsync($"r{i}", id, "result", "");
        await using EventReader behind = await ListenAsync($"/scan/{id}/events", ("Last-Event-ID", "2"));
        Assert.Equal((6, "reset"), await behind.NextAsync());
        Assert.Equal((7, "result"), await behind.NextAsync());
        await using EventReader ahead = await ListenAsync($"/scan/{id}/events", ("Last-Event-ID", "999"));
        Assert.Equal((6, "reset"), await ahead.NextAsync());
    }

    [Fact]
    public async Task Events_TakenByAnotherReplica_ComeToo()
    {
        string id = await LaunchedAsync();
        await using WebApplication other = BuildApp("SKYDRIVER_EVENTS_POLL=50ms");
        await other.StartAsync();
        using HttpClient there = new() { BaseAddress = new(other.Urls.Single()) };
        await using EventReader reader = await ListenAsync(there, $"/scan/{id}/events");
        await DeliverAsync("m1", id, "phase", """, "phase": "scanning" """);
        Assert.Equal((1, "phase"), await reader.NextAsync());
    }

    [Fact]
    public async Task Events_OfAllScans_AreOneStreamWithoutTheReports()
    {
        await using EventReader reader = await ListenAsync("/events");
        await DeliverAsync("m1", "one", "progress", """, "progress": {"summary": "half"} """);
        await DeliverAsync("m2", "two", "phase", """, "phase": "done" """);
        Assert.Equal((1, "progress"), await reader.NextAsync());
        Assert.Equal(("one", JsonValueKind.Null), (reader.Data.GetProperty("scan_id").GetString(), reader.Data.GetProperty("progress").ValueKind));
        Assert.Equal((2, "phase"), await reader.NextAsync());
        Assert.Equal("two", reader.Data.GetProperty("scan_id").GetString());
    }

    [Fact]
    public async Task Events_NothingHappens_AHeartbeatKeepsTheConnectionAlive()
    {
        string id = await LaunchedAsync();
        await using EventReader reader = await ListenAsync($"/scan/{id}/events");
        await reader.HeartbeatAsync();
    }

    [Fact]
    public async Task Events_TooManyListeners_AreAskedToComeLaterAndPlacesAreGivenBack()
    {
        string id = await LaunchedAsync();
        List<EventReader> readers = [];
        for (int i = 0; i < 3; i++) readers.Add(await ListenAsync($"/scan/{id}/events"));
        Assert.Contains("too many clients", await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Get, $"/scan/{id}/events"));
        foreach (EventReader reader in readers) await reader.DisposeAsync();
        await Until.HoldsAsync(
            async () =>
            {
                using HttpResponseMessage response = await Http.GetAsync($"/scan/{id}/events", HttpCompletionOption.ResponseHeadersRead);
                return response.StatusCode is HttpStatusCode.OK;
            },
            "a place is free again");
    }

    [Fact]
    public async Task Events_ClientTakesNothing_IsCutOffAndOthersGoOn()
    {
        string id = await LaunchedAsync();
        using Socket first = await ListenWithoutReadingAsync(id), second = await ListenWithoutReadingAsync(id);
        await using EventReader reader = await ListenAsync($"/scan/{id}/events");
        // More than the buffers between two programs hold.
        for (int i = 1; i <= 4; i++)
        {
            await DeliverAsync($"m{i}", id, "progress", $$""", "progress": {"summary": "{{new string('x', 4 << 20)}}"}""");
            Assert.Equal((i, "progress"), await reader.NextAsync());
        }

        // Their places are free again.
        EventReader? third = null, fourth = null;
        await Until.HoldsAsync(async () => (third = await TryListenAsync($"/scan/{id}/events")) is not null, "a place is free");
        await Until.HoldsAsync(async () => (fourth = await TryListenAsync($"/scan/{id}/events")) is not null, "another place is free");
        await DeliverAsync("m5", id, "phase", ", \"phase\": \"done\"");
        Assert.Equal((5, "phase"), await reader.NextAsync());
        await third!.DisposeAsync();
        await fourth!.DisposeAsync();
    }

    [Fact]
    public async Task Events_HundredsListen_AllHearAllAndTheServiceStillAnswers()
    {
        const int Listeners = 200, Events = 20;
        await using WebApplication busy = BuildApp("SKYDRIVER_EVENTS_LISTENERS=200");
        await busy.StartAsync();
        using HttpClient there = new() { BaseAddress = new(busy.Urls.Single()) };
        string id = await LaunchedAsync();
        EventReader[] readers = await Task.WhenAll(Enumerable.Range(0, Listeners).Select(i => ListenAsync(there, i % 2 == 0 ? "/events" : $"/scan/{id}/events")));
        Task<bool>[] heard = [.. readers.Select(r => HearsAsync(r, Events))];
        for (int i = 1; i <= Events; i++)
        {
            using HttpResponseMessage taken = await there.PostAsync("/messages/scan-events", new StringContent($$$"""{"id": "m{{{i}}}", "data": {"scan_id": "{{{id}}}", "kind": "phase", "phase": "p{{{i}}}"}}"""));
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await there.GetAsync($"/scan/{id}/status")).StatusCode);
        Assert.All(await Task.WhenAll(heard), Assert.True);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await there.GetAsync("/events")).StatusCode);
        foreach (EventReader reader in readers) await reader.DisposeAsync();
    }

    private static async Task<bool> HearsAsync(EventReader reader, int events)
    {
        for (int i = 1; i <= events; i++)
        {
            if (await reader.NextAsync() != (i, "phase") || reader.Data.GetProperty("phase").GetString() != $"p{i}") return false;
        }

        return true;
    }

    private async Task<Socket> ListenWithoutReadingAsync(string id)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /scan/{id}/events HTTP/1.1\r\nHost: x\r\n\r\n"));
        await socket.ReceiveAsync(new byte[16]);
        return socket;
    }

    private async Task<EventReader?> TryListenAsync(string path)
    {
        HttpResponseMessage response = await Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        if (response.IsSuccessStatusCode) return new(response, new(await response.Content.ReadAsStreamAsync()));
        response.Dispose();
        return null;
    }

    [Theory]
    [InlineData("/scan/abc/events", "", 404)]
    [InlineData("/events", "three", 400)]
    [InlineData("/events", "-1", 400)]
    [InlineData("/events?last_event_id=x", "", 400)]
    public async Task Events_BadRequest_IsRefused(string path, string last, int expected) =>
        await RefusedAsync((HttpStatusCode)expected, HttpMethod.Get, path, null, last == "" ? [] : [("Last-Event-ID", last)]);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id": "m", "data": {"kind": "phase"}}""")]
    [InlineData("""{"id": "m", "data": {"scan_id": "../x", "kind": "phase"}}""")]
    public async Task Delivery_NoEvent_IsDropped(string body)
    {
        Assert.Equal("DROP", (await OkAsync(HttpMethod.Post, "/messages/scan-events", body)).GetProperty("status").GetString());
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task Delivery_WithoutTheSidecarsToken_IsRefused()
    {
        await using WebApplication guarded = BuildApp("APP_API_TOKEN=t0ken");
        await guarded.StartAsync();
        using HttpClient there = new() { BaseAddress = new(guarded.Urls.Single()) };
        const string Event = """{"id": "m", "data": {"scan_id": "a", "kind": "phase"}}""";
        Assert.Equal(HttpStatusCode.Forbidden, (await there.PostAsync("/messages/scan-events", new StringContent(Event))).StatusCode);
        there.DefaultRequestHeaders.Add("dapr-api-token", "t0ken");
        Assert.Equal(HttpStatusCode.OK, (await there.PostAsync("/messages/scan-events", new StringContent(Event))).StatusCode);
    }

    [Fact]
    public async Task Reports_OfAnOutsideScanner_ArePublished()
    {
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Put, $"/scan/{id}/result", """{"skyscan_result": {"nside-8": {}}, "is_final": false}""");
        ScanEventV1[] told = [.. Dapr.Published.Where(p => p.Topic == Topics.ScanEvents).Select(p => JsonSerializer.Deserialize<ScanEventV1>(p.Json)!)];
        Assert.Equal([ScanEventKind.Phase, ScanEventKind.Result], told.Select(t => t.Kind));
        Assert.All(told, t => Assert.Equal(id, t.ScanId));
        JsonElement subscription = JsonSerializer.Deserialize<JsonElement>(await Http.GetStringAsync("/dapr/subscribe"))[0];
        Assert.Equal(("pubsub", "scan-events", "messages/scan-events"), (subscription.GetProperty("pubsubname").GetString(), subscription.GetProperty("topic").GetString(), subscription.GetProperty("route").GetString()));
    }

    private Task DeliverAsync(string message, string scan, string kind, string more) =>
        OkAsync(HttpMethod.Post, "/messages/scan-events", $$$"""{"id": "{{{message}}}", "type": "com.dapr.event.sent", "data": {"scan_id": "{{{scan}}}", "kind": "{{{kind}}}", "timestamp": 1795233600.25{{{more}}}}}""");

    private Task<EventReader> ListenAsync(string path, params (string Name, string Value)[] headers) => ListenAsync(Http, path, headers);

    private static async Task<EventReader> ListenAsync(HttpClient http, string path, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", "gzip");
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Empty(response.Content.Headers.ContentEncoding);
        return new(response, new(await response.Content.ReadAsStreamAsync()));
    }

    private sealed class EventReader(HttpResponseMessage response, StreamReader lines) : IAsyncDisposable
    {
        public JsonElement Data { get; private set; }

        public async Task<(long Id, string Kind)> NextAsync()
        {
            long id = 0;
            string kind = "";
            while (true)
            {
                string line = await LineAsync();
                if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line[4..]);
                else if (line.StartsWith("event: ", StringComparison.Ordinal)) kind = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) Data = JsonSerializer.Deserialize<JsonElement>(line[6..]);
                else if (line == "" && id > 0) return (id, kind);
            }
        }

        public async Task HeartbeatAsync()
        {
            while (await LineAsync() != ":")
            {
            }
        }

        public async ValueTask DisposeAsync()
        {
            lines.Dispose();
            response.Dispose();
            await ValueTask.CompletedTask;
        }

        private async Task<string> LineAsync()
        {
            using CancellationTokenSource limit = new(Deadline);
            return await lines.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("The stream ended.");
        }
    }
}
