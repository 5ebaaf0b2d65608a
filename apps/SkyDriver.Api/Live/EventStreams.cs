using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapr;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Api.Scans;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Live;

/// <summary>Server-sent events. A client that lost its connection names the last event it saw and goes on from there, at any replica.</summary>
/// <remarks>
/// Without such a number the stream begins with what is still known. An event <c>reset</c> says that some were missed for good:
/// the client reads the status anew.
/// </remarks>
internal sealed class EventStreams(LiveFeed feed, Manifests manifests, LiveOptions options, TimeProvider clock, IHostApplicationLifetime host)
{
    private const string MediaType = "text/event-stream";

    private static readonly Argument LastEvent = new("last_event_id", "integer", "Where to go on; like the header Last-Event-ID, for clients that cannot set it.");

    public void Map(IEndpointRouteBuilder routes)
    {
        CallInfo one = new("What happens to a scan, as it happens.", Role.User) { Redirects = true, Arguments = [LastEvent], Answers = MediaType, Waits = true };
        CallInfo all = new("What happens to all scans, as it happens.", Role.User) { Arguments = [LastEvent], Answers = MediaType, Waits = true };
        routes.MapCall("GET", "/scan/{id}/events", one, async call =>
        {
            long after = ReadLast(call);
            await manifests.FindAsync(call);
            return Stream(call, call.ScanId, after);
        });
        routes.MapCall("GET", "/events", all, call => Task.FromResult(Stream(call, scanId: null, ReadLast(call))));
    }

    private static long ReadLast(Call call)
    {
        // A browser that comes back says so in the header; it knows better than the address it was given at first.
        long? after = call.Http.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } header]
            ? long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1
            : call.Arguments.Integer(LastEvent.Name);
        if (after < 0) call.Arguments.Fault(LastEvent.Name, "must be the number of an event, as the stream gave it");
        call.ThrowIfFaulty();
        return after ?? 0;
    }

    private IResult Stream(Call call, string? scanId, long after)
    {
        if (HttpMethods.IsHead(call.Http.Request.Method)) return Results.Bytes([], MediaType);
        LiveFeed.Listener listener = feed.Listen(scanId) ?? throw new ApiException(StatusCodes.Status503ServiceUnavailable, "too many clients listen to events; try again");
        return Results.Stream(
            async body =>
            {
                using (listener)
                {
                    await SendAsync(body, call, listener, after);
                }
            },
            $"{MediaType}; charset=UTF-8");
    }

    private async Task SendAsync(Stream body, Call call, LiveFeed.Listener listener, long after)
    {
        call.Http.Response.Headers.CacheControl = "no-store";
        call.Http.Response.Headers["X-Accel-Buffering"] = "no";
        TimeSpan allowed = call.Caller.Expires - clock.GetUtcNow();
        using CancellationTokenSource limit = new(allowed < options.Longest ? allowed : options.Longest, clock);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, limit.Token, host.ApplicationStopping);
        try
        {
            await SendAsync(body, call, "retry: 2000\n\n", end.Token);
            DateTimeOffset said = clock.GetUtcNow();
            while (true)
            {
                Task change = listener.ChangeAsync();
                string news = News(await listener.ReadAsync(end.Token), ref after);
                if (news == "" && clock.GetUtcNow() - said >= options.Heartbeat) news = ":\n\n";
                if (news != "")
                {
                    await SendAsync(body, call, news, end.Token);
                    said = clock.GetUtcNow();
                }

                await change.WaitAsync(end.Token);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or DaprException or TimeoutException && !call.Aborted.IsCancellationRequested)
        {
            // The stream's time is over, or the store is away: the client comes back and goes on where it was.
        }
    }

    // A client that takes nothing would keep its news in memory and its place from others; it may come back and go on.
    private async Task SendAsync(Stream body, Call call, string text, CancellationToken end)
    {
        using CancellationTokenSource patience = new(options.Patience, clock);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(end, patience.Token);
        try
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes(text), limit.Token);
            await body.FlushAsync(limit.Token);
        }
        finally
        {
            if (patience.IsCancellationRequested) call.Http.Abort();
        }
    }

    private static string News(ScanEventLogV1 log, ref long after)
    {
        StringBuilder news = new();
        // Ahead of the log: the store was emptied since.
        if ((after > 0 && after < log.Forgotten) || after > log.Last)
        {
            news.Append(CultureInfo.InvariantCulture, $"id: {log.Forgotten}\nevent: reset\ndata: {{}}\n\n");
            after = log.Forgotten;
        }

        foreach (LoggedScanEventV1 entry in log.Entries)
        {
            if (entry.Number <= after) continue;
            news.Append(CultureInfo.InvariantCulture, $"id: {entry.Number}\nevent: {entry.Event.Kind}\ndata: {JsonSerializer.Serialize(entry.Event, ContractJson.Options)}\n\n");
            after = entry.Number;
        }

        return news.ToString();
    }
}
