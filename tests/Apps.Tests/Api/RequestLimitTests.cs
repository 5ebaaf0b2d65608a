using System.Net;
using Microsoft.AspNetCore.Builder;
using SkyDriver.Apps.Tests.FleetApi;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>A service that is asked for more than it can do at once.</summary>
public sealed class RequestLimitTests : ApiHarness
{
    [Fact]
    public async Task Requests_MoreThanAreTaken_AreToldToComeBackAndTheOthersAreAnswered()
    {
        TaskCompletionSource entered = new();
        using ManualResetEventSlim go = new();
        await using WebApplication small = BuildApp("SKYDRIVER_REQUESTS_AT_ONCE=1", "SKYDRIVER_REQUESTS_WAITING=1");
        Actors.ByType[ActorTypes.Fleet] = NotedActor.Of<IFleetActor>("fleet", [], new()
        {
            ["fleet.ListBatches"] = _ =>
            {
                entered.TrySetResult();
                go.Wait(TimeSpan.FromMinutes(1));
                return Array.Empty<BatchV1>();
            },
        });
        await small.StartAsync();
        using HttpClient http = new() { BaseAddress = new(small.Urls.Single()) };
        Task<HttpResponseMessage> first = http.GetAsync("/batch");
        await entered.Task.WaitAsync(TimeSpan.FromMinutes(1));
        // One of these waits, the others are too many; which is which is the service's to choose.
        Task<HttpResponseMessage>[] more = [.. Enumerable.Range(0, 4).Select(_ => http.GetAsync("/batch"))];
        HttpResponseMessage refused = await await Task.WhenAny(more);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        Assert.Contains("too much to do at once", await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz/live")).StatusCode);
        go.Set();
        HttpStatusCode[] all = [(await first).StatusCode, .. (await Task.WhenAll(more)).Select(answer => answer.StatusCode)];
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, .. Enumerable.Repeat(HttpStatusCode.ServiceUnavailable, 3)], all.Order());
    }
}
