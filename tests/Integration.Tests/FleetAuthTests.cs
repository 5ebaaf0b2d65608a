using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Apps.Tests.Api;

namespace SkyDriver.Integration.Tests;

/// <summary>A whole service with authentication switched on: people and workers each with tokens of their own.</summary>
public sealed class FleetAuthTests
{
    [Fact]
    public async Task ScanAndTask_WithRealTokens_AreDoneByWorkersThatWereLetIn()
    {
        using TemporaryFolder folder = new();
        using TokenKey key = new("r1", "RS256");
        await using OpenIdProvider provider = await OpenIdProvider.StartAsync();
        provider.Publish(key);
        JsonObject daemon = provider.Claims();
        daemon.Remove("groups");
        daemon["skydriver_role"] = "system";

        await using LocalService service = await LocalService.StartAsync(
            folder["data"], ("SKYDRIVER_AUTH_ISSUER", provider.Issuer), ("SKYDRIVER_WORKER_KEY", "0123456789abcdef0123456789abcdef"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.Http.GetAsync("scans/backlog")).StatusCode);
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", key.Sign(provider.Claims()));
        string scan = await service.RequestAsync("2:0");

        using FleetHttp fleet = new(service.Http.BaseAddress!);
        fleet.Http.DefaultRequestHeaders.Authorization = new("Bearer", key.Sign(provider.Claims()));
        using FleetWorker stranger = FleetWorker.Start(service.Http.BaseAddress!, "stranger", folder["stranger"], ("SKYDRIVER_BATCH", "auth"));
        await stranger.UntilSaidAsync("no heartbeat: authentication failed");
        using FleetWorker worker = FleetWorker.Start(service.Http.BaseAddress!, "w", folder["work"], ("SKYDRIVER_BATCH", "auth"), ("SKYDRIVER_WORKER_TOKEN", key.Sign(daemon)));
        long task = await fleet.CreateAsync("auth", "echo \"${SKYDRIVER_WORKER_TOKEN-no token}\"");
        await fleet.UntilStatusAsync(task, "succeeded");
        JsonElement execution = Assert.Single(await fleet.ExecutionsAsync(task));
        Assert.Equal("no token\n", execution.GetProperty("output").GetString());
        Assert.False((await fleet.WorkerAsync("w")).TryGetProperty("token", out _));

        await service.UntilCompleteAsync(scan);
        await service.MapAsync(scan);
    }
}
