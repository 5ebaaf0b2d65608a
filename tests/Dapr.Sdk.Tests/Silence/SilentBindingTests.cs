using System.Net;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>The one place where the ASP.NET Core part calls the sidecar: arguments bound from state.</summary>
public sealed class SilentBindingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task FromState_NoAnswer_EndsWithTheClientsLimit()
    {
        await using var peer = await SilentServer.StartAsync();
        await using var app = await StartAsync(peer, TimeSpan.FromMilliseconds(300));
        using var answer = await app.Http.GetAsync("/silent/k").WaitAsync(Patience);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    [Fact]
    public async Task FromState_CallerGone_CallToTheSidecarIsGivenUp()
    {
        await using var peer = await SilentServer.StartAsync();
        await using var app = await StartAsync(peer, TimeSpan.FromMinutes(10));
        using var stop = new CancellationTokenSource();
        var running = app.Http.GetAsync("/silent/k", stop.Token);
        await Until.HoldsAsync(() => peer.Seen == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        await Until.HoldsAsync(() => peer.Abandoned == 1);
    }

    private static Task<TestApp> StartAsync(SilentPeer peer, TimeSpan limit) => TestApp.StartAsync(app => app.MapControllers(), services =>
        services.AddControllers().AddApplicationPart(typeof(SilentController).Assembly)
            .AddDapr(client => client.UseHttpEndpoint(peer.Http).UseGrpcEndpoint(peer.Grpc).UseTimeout(limit)));
}

[Route("silent")]
public sealed class SilentController : ControllerBase
{
    [HttpGet("{key}")]
    public ActionResult<string> Get([FromState("store")] string key) => key;
}
