using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>An app that takes numbers of one topic and notes those that it has said yes to.</summary>
internal sealed class NumberApp : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentDictionary<int, int> _taken = [];
    private int _begun;

    private NumberApp(WebApplication web) => _web = web;

    public int Port => new Uri(_web.Urls.First()).Port;

    /// <summary>Deliveries are not answered, ever, while this is set.</summary>
    public volatile bool Holds;

    /// <summary>Deliveries that reached the app, answered or not.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>How often each number was answered with yes.</summary>
    public IReadOnlyDictionary<int, int> Taken => _taken;

    public static async Task<NumberApp> StartAsync(string topic)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication web = builder.Build();
        NumberApp app = new(web);
        web.MapGet("/dapr/subscribe", () => Results.Text($$"""[{"pubsubname":"pubsub","topic":"{{topic}}","route":"/numbers"}]""", "application/json"));
        web.MapPost("/numbers", app.TakeAsync);
        await web.StartAsync();
        return app;
    }

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using JsonDocument envelope = await JsonDocument.ParseAsync(context.Request.Body);
        int number = envelope.RootElement.GetProperty("data").GetInt32();
        Interlocked.Increment(ref _begun);
        if (Holds)
        {
            // Until the caller is gone; the answer, if any, reaches nobody.
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        _taken.AddOrUpdate(number, 1, static (_, times) => times + 1);
    }
}
