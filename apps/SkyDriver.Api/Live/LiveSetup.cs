using SkyDriver.Hosting;

namespace SkyDriver.Api.Live;

/// <param name="Poll">How late an event that another replica took may be here.</param>
/// <param name="Heartbeat">Silence on a stream is broken after this time, so that both ends notice a dead connection.</param>
/// <param name="Longest">A stream ends after this time; its client comes back and goes on where it was.</param>
/// <param name="Patience">A client that did not take what it was sent after this time is cut off.</param>
/// <param name="MaxListeners">Streams at once.</param>
internal sealed record LiveOptions(TimeSpan Poll, TimeSpan Heartbeat, TimeSpan Longest, TimeSpan Patience, int MaxListeners)
{
    public static LiveOptions Read(Settings settings) => new(
        settings.Duration("SKYDRIVER_EVENTS_POLL", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
        settings.Duration("SKYDRIVER_EVENTS_HEARTBEAT", TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        settings.Duration("SKYDRIVER_EVENTS_LONGEST", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
        settings.Duration("SKYDRIVER_EVENTS_PATIENCE", TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        settings.Integer("SKYDRIVER_EVENTS_LISTENERS", 1000, 1, 100_000));
}

internal static class LiveSetup
{
    public static void AddLive(this WebApplicationBuilder builder)
    {
        builder.AddSettings(LiveOptions.Read);
        builder.Services.AddSingleton<LiveFeed>().AddSingleton<EventDelivery>().AddSingleton<EventStreams>().AddSingleton<ScanAnnouncer>();
    }

    public static void MapLive(this WebApplication app)
    {
        app.Services.GetRequiredService<EventDelivery>().Map(app);
        app.Services.GetRequiredService<EventStreams>().Map(app);
    }
}
