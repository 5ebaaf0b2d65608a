using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Dapr.Workflow;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Benchmarks.Dapr;

/// <summary>The app behind the sidecar: it takes messages, hosts actors and runs workflows, and does nothing with any of them.</summary>
internal sealed class BenchApp : IAsyncDisposable
{
    private const string Subscriptions = """
        [{"pubsubname":"pubsub","topic":"single","route":"/single"},
         {"pubsubname":"pubsub","topic":"many","route":"/many","bulkSubscribe":{"enabled":true,"maxMessagesCount":1000,"maxAwaitDurationMs":5}}]
        """;

    private static readonly byte[] StatusStart = "{\"statuses\":["u8.ToArray();

    private readonly WebApplication _web;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private long _delivered;

    private BenchApp(WebApplication web) => _web = web;

    public DaprWorkflowClient Workflows => _web.Services.GetRequiredService<DaprWorkflowClient>();

    /// <summary>Messages that came, of both topics.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    public static async Task<BenchApp> StartAsync(int port, string grpcEndpoint)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = grpcEndpoint });
        builder.Services.AddDaprWorkflow(options =>
        {
            options.RegisterActivity<int, int>("add", (_, n) => Task.FromResult(n + 1));
            options.RegisterWorkflow<int, int>("chain", async (context, n) =>
            {
                for (int i = 0; i < 5; i++) n = await context.CallActivityAsync<int>("add", n);
                return n;
            });
        });
        WebApplication web = builder.Build();
        BenchApp app = new(web);
        web.MapGet("/dapr/subscribe", () => Results.Text(Subscriptions, "application/json"));
        web.MapGet("/dapr/config", () => Results.Text("""{"entities":["Bench"]}""", "application/json"));
        web.MapPut("/actors/Bench/{id}/method/echo", (RequestDelegate)EchoAsync);
        web.MapDelete("/actors/Bench/{id}", () => Results.Ok());
        web.MapPost("/single", (RequestDelegate)app.TakeOneAsync);
        web.MapPost("/many", (RequestDelegate)app.TakeManyAsync);
        await web.StartAsync();
        return app;
    }

    /// <summary>Completes when a message with this text in its data has come.</summary>
    public Task ArrivalAsync(string text) => _awaited.GetOrAdd(text, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public async Task UntilDeliveredAsync(long count)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        while (Delivered < count) await Task.Delay(1, deadline.Token);
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private static async Task EchoAsync(HttpContext context) => await context.Request.BodyReader.CopyToAsync(context.Response.Body);

    private async Task TakeOneAsync(HttpContext context)
    {
        using JsonDocument envelope = await JsonDocument.ParseAsync(context.Request.Body);
        Interlocked.Increment(ref _delivered);
        if (_awaited.TryRemove(envelope.RootElement.GetProperty("data").GetProperty("text").GetString()!, out TaskCompletionSource? awaited)) awaited.TrySetResult();
    }

    /// <summary>Accepts all entries; reads no more of them than their ids.</summary>
    private async Task TakeManyAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        using MemoryStream answer = new();
        Interlocked.Add(ref _delivered, Accept(body.GetBuffer().AsSpan(0, (int)body.Length), answer));
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(answer.GetBuffer().AsMemory(0, (int)answer.Length));
    }

    private static int Accept(ReadOnlySpan<byte> body, MemoryStream answer)
    {
        Utf8JsonReader reader = new(body);
        int entries = 0;
        answer.Write(StatusStart);
        while (reader.Read())
        {
            if (reader.TokenType is not JsonTokenType.PropertyName || !reader.ValueTextEquals("entryId"u8)) continue;
            reader.Read();
            answer.Write(Encoding.UTF8.GetBytes($"{(entries++ > 0 ? "," : "")}{{\"entryId\":\"{reader.GetString()}\",\"status\":\"SUCCESS\"}}"));
        }

        answer.Write("]}"u8);
        return entries;
    }
}
