using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Hosting;

namespace SkyDriver.Sidecar.Tests.Resiliency;

/// <summary>That policies of the YAML reach what they are for.</summary>
public sealed class WiringTests
{
    private const string Components = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: pubsub }
        spec: { type: pubsub.in-memory }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec: { type: state.in-memory, metadata: [{ name: actorStateStore, value: "true" }] }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies:
            timeouts: { short: 50ms }
            retries:
              three: { duration: 1ms, maxRetries: 3 }
              busy: { duration: 1ms, maxRetries: 3, matching: { httpStatusCodes: "204,429,503-504" } }
          targets:
            actors: { T: { retry: three, timeout: short } }
            components:
              pubsub: { inbound: { retry: three, timeout: short } }
              choosy: { inbound: { retry: busy } }
              choosy-cron: { inbound: { retry: busy } }
        """;

    private const string Choosy = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: choosy }
        spec: { type: pubsub.in-memory }
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: choosy-cron }
        spec: { type: bindings.cron, metadata: [{ name: schedule, value: "@every 1s" }, { name: direction, value: input }] }
        """;

    private readonly ConcurrentQueue<string> _seen = new();

    [Theory]
    [InlineData(3, "t,t,t,t")]
    [InlineData(4, "t,t,t,t,dead")]
    public async Task Inbound_PubSub_IsRepeatedBeforeTheDeadLetterTopic(int failures, string expected)
    {
        await using TestHost host = new(Components);
        int port = await host.ServeAsync(async context =>
        {
            if (context.Request.Path == "/dapr/subscribe")
            {
                await context.Response.WriteAsync("[{\"pubsubname\":\"pubsub\",\"topic\":\"t\",\"route\":\"/t\",\"deadLetterTopic\":\"dead\"},{\"pubsubname\":\"pubsub\",\"topic\":\"dead\",\"route\":\"/dead\"}]");
            }
            else if (context.Request.Path == "/t" || context.Request.Path == "/dead")
            {
                _seen.Enqueue(context.Request.Path.Value![1..]);
                if (context.Request.Path == "/t" && _seen.Count <= failures) await FailAsync(context, _seen.Count);
            }
        });
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port });
        (await host.Client(running).PostAsync("/v1.0/publish/pubsub/t", new StringContent("x"))).EnsureSuccessStatusCode();
        await TestHost.UntilAsync(() => Task.FromResult(string.Join(',', _seen) == expected));
    }

    /// <summary>Only a status that the policy lists is worth another try; an answer without a failing status always is, as in Dapr.</summary>
    [Theory]
    [InlineData(503, null, "t,t,t,t,dead")]
    [InlineData(500, null, "t,dead")]
    [InlineData(302, null, "t,dead")]
    [InlineData(200, "RETRY", "t,t,t,t,dead")]
    public async Task Inbound_PubSubWithMatching_RepeatsListedStatusesOnly(int status, string? word, string expected)
    {
        await using TestHost host = new(Components, Choosy);
        int port = await host.ServeAsync(async context =>
        {
            string path = context.Request.Path.Value![1..];
            if (path is "t" or "dead") _seen.Enqueue(path);
            if (path is "t") context.Response.StatusCode = status;
            if (path is "t" && word is not null) await context.Response.WriteAsync($$"""{"status":"{{word}}"}""");
            if (path is "dapr/subscribe") await context.Response.WriteAsync("""[{"pubsubname":"choosy","topic":"t","route":"/t","deadLetterTopic":"dead"},{"pubsubname":"choosy","topic":"dead","route":"/dead"}]""");
        });
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port });
        (await host.Client(running).PostAsync("/v1.0/publish/choosy/t", new StringContent("x"))).EnsureSuccessStatusCode();
        await TestHost.UntilAsync(() => Task.FromResult(string.Join(',', _seen) == expected));
    }

    /// <summary>Of an input binding only 200 is done; a policy that lists the status tries the rest again.</summary>
    [Theory]
    [InlineData(204, 4)]
    [InlineData(503, 4)]
    [InlineData(500, 1)]
    public async Task Inbound_BindingWithMatching_RepeatsListedStatusesOnly(int status, int attempts)
    {
        await using TestHost host = new(Components, Choosy);
        ConcurrentQueue<string> times = [];
        int port = await host.ServeAsync(context =>
        {
            if (context.Request.Path != "/choosy-cron" || context.Request.Method != "POST") return Task.CompletedTask;
            times.Enqueue(context.Request.Headers["readTimeUTC"].ToString());
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port });
        await TestHost.UntilAsync(() => Task.FromResult(times.Distinct().Count() > 1));
        string first = times.First();
        Assert.Equal(attempts, times.Count(t => t == first));
    }

    [Theory]
    [InlineData(3, HttpStatusCode.OK)]
    [InlineData(4, HttpStatusCode.InternalServerError)]
    public async Task Actor_Call_IsRepeatedAndTimedOut(int failures, HttpStatusCode expected)
    {
        await using TestHost host = new(Components);
        int port = await host.ServeAsync(async context =>
        {
            if (context.Request.Path == "/dapr/config")
            {
                await context.Response.WriteAsync("{\"entities\":[\"T\"]}");
            }
            else if (context.Request.Path == "/actors/T/1/method/m")
            {
                _seen.Enqueue("m");
                if (_seen.Count <= failures) await FailAsync(context, _seen.Count);
            }
        });
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = port });
        using HttpResponseMessage response = await host.Client(running).PutAsync("/v1.0/actors/T/1/method/m", null);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(4, _seen.Count);
    }

    /// <summary>The first time by an answer, the second by none.</summary>
    private static async Task FailAsync(HttpContext context, int time)
    {
        if (time == 2) await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else context.Response.StatusCode = 500;
    }
}
