using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Hosting;
using SkyDriver.Worker;
using SkyDriver.Worker.Gateway;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>Workers as their environment puts them together.</summary>
public sealed class WorkerSetupTests
{
    [Theory]
    [InlineData("sidecar")]
    [InlineData("gateway")]
    public async Task Worker_WithAToken_ShowsItWhereverItFetches(string work)
    {
        ConcurrentDictionary<string, string> shown = [];
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication service = builder.Build();
        service.Run(context =>
        {
            shown[context.Request.Path] = context.Request.Headers.Authorization.ToString();
            return context.Response.WriteAsync("""{"i3_event": {}, "over": [], "lease_seconds": 60}""");
        });
        await service.StartAsync();

        await using WebApplication worker = Worker(("SKYDRIVER_WORK", work), ("APP_PORT", "1"), ("SKYDRIVER_API", service.Urls.Single()), ("SKYDRIVER_SCAN_ID", "s"), ("SKYDRIVER_WORKER_TOKEN", "secret"));
        await worker.Services.GetRequiredService<EventSource>().FetchAsync(CancellationToken.None);
        Assert.Equal("Bearer secret", shown["/scan/s/i3-event"]);
        if (work == "sidecar") return;
        await worker.Services.GetRequiredService<GatewayClient>().HelloAsync([], CancellationToken.None);
        Assert.Equal("Bearer secret", shown["/worker/s/hello"]);
    }

    [Fact]
    public async Task Worker_ByGateway_NeedsNoPortAndNoSidecar()
    {
        await using WebApplication worker = Worker(("SKYDRIVER_WORK", "gateway"), ("SKYDRIVER_API", "http://nowhere.invalid"), ("SKYDRIVER_SCAN_ID", "s"));
        Assert.Null(worker.Services.GetService<AnswerPublisher>());
        Assert.Null(worker.Services.GetService<ScanWatch>());
        SettingsException fault = Assert.Throws<SettingsException>(() => Worker(("SKYDRIVER_API", "http://nowhere.invalid"), ("SKYDRIVER_SCAN_ID", "s")));
        Assert.Contains("APP_PORT is not set", fault.Message);
    }

    [Fact]
    public void Worker_UnknownWayToWork_IsAFault()
    {
        SettingsException fault = Assert.Throws<SettingsException>(() => Worker(("SKYDRIVER_WORK", "pigeon"), ("SKYDRIVER_API", "http://nowhere.invalid"), ("SKYDRIVER_SCAN_ID", "s")));
        Assert.Contains("SKYDRIVER_WORK must be 'sidecar' or 'gateway'", fault.Message);
    }

    private static WebApplication Worker(params (string Name, string Value)[] environment)
    {
        WebApplicationBuilder builder = SkyDriverHost.CreateBuilder([]);
        foreach (var (name, value) in environment) builder.Configuration[name] = value;
        builder.AddWorker();
        return builder.Build();
    }
}
