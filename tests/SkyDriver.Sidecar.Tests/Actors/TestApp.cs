using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Sidecar.Tests.Actors;

/// <summary>One request that the app under the sidecar got.</summary>
internal sealed record Received(string Verb, string Path, string Body, IReadOnlyDictionary<string, string> Headers);

/// <summary>An app with actors of type <c>Counter</c>: a real HTTP server whose behaviour the test gives.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _web;

    private TestApp(WebApplication web) => _web = web;

    public ConcurrentQueue<Received> Requests { get; } = [];

    /// <summary>What the app does with requests below /actors; answers 200 without a body by default.</summary>
    public Func<HttpContext, Received, Task> Handler { get; set; } = (_, _) => Task.CompletedTask;

    public Uri Address => new(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");

    public static async Task<TestApp> StartAsync(string config = """{"entities":["Counter"],"actorIdleTimeout":"10m","actorScanInterval":"1m"}""")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        var app = new TestApp(web);
        web.MapGet("/dapr/config", () => Results.Text(config, "application/json"));
        web.Map("/actors/{**path}", app.HandleAsync);
        await web.StartAsync();
        return app;
    }

    public IEnumerable<Received> At(string suffix) => Requests.Where(r => r.Path.EndsWith(suffix, StringComparison.Ordinal));

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var received = new Received(context.Request.Method, context.Request.Path.Value!, await reader.ReadToEndAsync(), context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(received);
        await Handler(context, received);
    }
}
