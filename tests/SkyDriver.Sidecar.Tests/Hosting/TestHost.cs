using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Hosting;

/// <summary>A host in this process with apps that the test plays; all on free ports of loopback.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _apps = [];
    private readonly List<IDisposable> _clients = [];

    public TestHost(params string[] documents)
    {
        Folder = Directory.CreateTempSubdirectory("host-test-").FullName;
        for (int i = 0; i < documents.Length; i++) File.WriteAllText(Path.Combine(Folder, $"{i}.yaml"), documents[i]);
        Host = new SidecarHost(new ComponentEnvironment(Folder, Folder, null, TimeProvider.System, NullLoggerFactory.Instance), SidecarModules.All);
    }

    public string Folder { get; }

    public SidecarHost Host { get; }

    public async Task<RunningInstance> StartAsync(InstanceSettings settings) =>
        await Host.StartInstanceAsync(settings, ResourceLoader.Load([Folder], []), CancellationToken.None);

    /// <summary>Starts a sidecar and waits until it is ready.</summary>
    public async Task<RunningInstance> StartReadyAsync(InstanceSettings settings)
    {
        RunningInstance running = await StartAsync(settings);
        await UntilAsync(() => Task.FromResult(running.Sidecar.IsReady));
        return running;
    }

    /// <returns>The port of an app that answers this way.</returns>
    public async Task<int> ServeAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Limits.MaxRequestBodySize = null;
            o.Limits.MinRequestBodyDataRate = null;
            o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
        });
        WebApplication app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        _apps.Add(app);
        return new Uri(app.Urls.First()).Port;
    }

    public HttpClient Client(RunningInstance running, string? token = null)
    {
        HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{running.HttpPort}"), Timeout = TimeSpan.FromSeconds(60) };
        if (token is not null) http.DefaultRequestHeaders.Add("dapr-api-token", token);
        _clients.Add(http);
        return http;
    }

    public static Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Until.HoldsAsync(condition, what);

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable client in _clients) client.Dispose();
        await Host.DisposeAsync();
        foreach (IAsyncDisposable app in _apps) await app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
