using System.Text.Json;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Live;

/// <summary>Takes the events of scans from the sidecar and notes them for everybody who listens, here or at another replica.</summary>
internal sealed partial class EventDelivery(ScanEventLog log, LiveFeed feed, ILogger<EventDelivery> logger)
{
    private const string Route = "messages/scan-events";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dapr/subscribe", () => new object[] { new { pubsubname = Components.PubSub, topic = Topics.ScanEvents, route = Route }, Doctor.BrokerProbe.Subscription }).ForSidecarOnly().ExcludeFromDescription();
        routes.MapPost(Route, (Delegate)TakeAsync).ForSidecarOnly().ExcludeFromDescription();
    }

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } message) return TopicAnswer.Drop;
        await log.AddAsync(message.Id, message.Event, context.RequestAborted);
        feed.Wake(message.Event.ScanId);
        return TopicAnswer.Success;
    }

    private async Task<(string Id, ScanEventV1 Event)?> ReadAsync(HttpContext context)
    {
        try
        {
            using JsonDocument envelope = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            if (envelope.RootElement.TryGetProperty("id", out JsonElement id) && envelope.RootElement.TryGetProperty("data", out JsonElement data)
                && data.Deserialize<ScanEventV1>(ContractJson.Options) is { } what && Scans.ScanIds.IsWellFormed(what.ScanId)) return (id.ToString(), what);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Said below.
        }

        LogUnreadable(Topics.ScanEvents);
        return null;
    }

    [LoggerMessage(1, LogLevel.Warning, "a message of topic {Topic} is no event of a scan; it was dropped")]
    private partial void LogUnreadable(string topic);
}
