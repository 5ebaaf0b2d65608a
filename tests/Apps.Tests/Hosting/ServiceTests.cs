using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Scanner;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Hosting;

/// <summary>The services as a sidecar finds them, on sockets of their own; no sidecar is there.</summary>
public class ServiceTests
{
    [Fact]
    public async Task Scanner_AskedByASidecar_TakesRecosInBulkAndHostsScanActors()
    {
        await using WebApplication app = await StartAsync(builder => builder.AddScanner(), scanner => scanner.MapScanner());
        using HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        JsonElement subscription = Assert.Single(await GetAsync(http, "/dapr/subscribe"));
        Assert.Equal(("pubsub", "recos", "/recos"), (Text(subscription, "pubsubname"), Text(subscription, "topic"), Text(subscription, "route")));
        Assert.True(subscription.GetProperty("bulkSubscribe").GetProperty("enabled").GetBoolean());
        JsonElement config = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("/dapr/config"));
        Assert.Equal(ActorTypes.Scan, Assert.Single(config.GetProperty("entities").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Service_WithoutASidecar_IsAliveAndNotReady()
    {
        await using WebApplication app = await StartAsync(builder => builder.Configuration["DAPR_HTTP_ENDPOINT"] = "http://127.0.0.1:1", _ => { });
        using HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz/live")).StatusCode);
        using HttpResponseMessage ready = await http.GetAsync("/healthz/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("sidecar is not ready", await ready.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Worker_WithItsEvent_SubscribesToThePixelsOfItsScanOneAtATime()
    {
        string ev = await File.ReadAllTextAsync(Path.Combine(TestPaths.Repository, "examples", "track.json"));
        await using WebApplication api = await StartAsync(_ => { }, service => service.MapGet("/scan/scan-7/i3-event", () => $$"""{"i3_event":{{ev}}}"""));
        await using WebApplication app = await StartAsync(
            builder =>
            {
                builder.Configuration["SKYDRIVER_API"] = api.Urls.Single();
                builder.Configuration["SKYDRIVER_SCAN_ID"] = "scan-7";
                builder.AddWorker();
            },
            worker => worker.MapWorker());
        using HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        JsonElement subscription = Assert.Single(await GetAsync(http, "/dapr/subscribe"));
        Assert.Equal(("pubsub", "pixels.scan-7", "/pixels"), (Text(subscription, "pubsubname"), Text(subscription, "topic"), Text(subscription, "route")));
        Assert.Equal("1", subscription.GetProperty("metadata").GetProperty("maxConcurrentMessages").GetString());
    }

    [Fact]
    public async Task Worker_EventCannotBeRead_EndsWithTheReasonAndItsOwnExitCode()
    {
        await using WebApplication api = await StartAsync(_ => { }, service => service.MapGet("/scan/scan-7/i3-event", () => """{"i3_event":{"value":{}}}"""));
        StartupException fault = await Assert.ThrowsAsync<StartupException>(() => StartAsync(
            builder =>
            {
                builder.Configuration["SKYDRIVER_API"] = api.Urls.Single();
                builder.Configuration["SKYDRIVER_SCAN_ID"] = "scan-7";
                builder.AddWorker();
            },
            worker => worker.MapWorker()));
        Assert.Equal(WorkerEvent.Unreadable, fault.ExitCode);
        Assert.Contains("The event of scan scan-7 cannot be read", fault.Message);
    }

    private static async Task<WebApplication> StartAsync(Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = SkyDriverHost.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        add(builder);
        WebApplication app = builder.Build();
        app.MapHealth();
        map(app);
        await app.StartAsync();
        return app;
    }

    private static async Task<JsonElement[]> GetAsync(HttpClient http, string path) =>
        JsonSerializer.Deserialize<JsonElement[]>(await http.GetStringAsync(path))!;

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
}
