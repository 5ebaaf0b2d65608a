using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Components.Tests.Embedded;

/// <summary>The embedded sidecar of one app on real ports, with the components of one test.</summary>
internal sealed class EmbeddedSidecar : IAsyncDisposable
{
    private readonly SocketFolder _folder = new();
    private readonly SidecarHost _host;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly List<string> _yaml = [];
    private WebApplication? _app;
    private RunningInstance? _running;

    public EmbeddedSidecar(TimeSpan? socketTimeout = null) => _host = new SidecarHost(
        new ComponentEnvironment(_folder.Path, _folder.Path, socketTimeout ?? TimeSpan.FromSeconds(60), TimeProvider.System, NullLoggerFactory.Instance), SidecarModules.All);

    public string Sockets => _folder.Path;

    /// <summary>Ends with the reason when a component fails for good.</summary>
    public Task<string> Failed => _host.Failed;

    public RunningInstance Running => _running!;

    /// <summary>A component process within the test; the builder adds what it serves.</summary>
    public async Task<ComponentHost> ServeAsync(string name, Action<ComponentHostBuilder> add)
    {
        ComponentHostBuilder builder = new(name, Sockets);
        builder.Logging.ClearProviders();
        add(builder);
        ComponentHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public EmbeddedSidecar With(string name, string type, string initTimeout = "30s", params (string Name, string Value)[] metadata)
    {
        _yaml.Add($$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: {{name}} }
            spec:
              type: {{type}}
              version: v1
              initTimeout: {{initTimeout}}
              metadata: [{{string.Join(", ", metadata.Select(m => $"{{ name: {m.Name}, value: \"{m.Value}\" }}"))}}]
            """);
        return this;
    }

    public EmbeddedSidecar WithYaml(string yaml)
    {
        _yaml.Add(yaml);
        return this;
    }

    /// <summary>Starts the sidecar, and an app when there is one.</summary>
    public async Task<EmbeddedSidecar> StartAsync(Action<WebApplication>? app = null, bool wait = true, AppHealthSettings? health = null)
    {
        string resources = Directory.CreateDirectory(Path.Combine(_folder.Path, "resources")).FullName;
        await File.WriteAllTextAsync(Path.Combine(resources, "all.yaml"), string.Join("\n---\n", _yaml));
        int port = app is null ? 0 : await ServeAppAsync(app);
        _running = await _host.StartInstanceAsync(new InstanceSettings { AppId = "app", AppPort = port, HealthCheck = health }, ResourceLoader.Load([resources], []), CancellationToken.None);
        if (wait) await Until.HoldsAsync(async () => Failed.IsCompleted ? throw new InvalidOperationException(await Failed) : (await SendAsync("GET", "/v1.0/healthz")).Status == HttpStatusCode.NoContent, "the sidecar is ready");
        return this;
    }

    public async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> SendAsync(string verb, string path, string? body = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(verb), $"http://127.0.0.1:{Running.HttpPort}{path}");
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        HttpResponseMessage response = await _http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        if (_app is not null) await _app.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task<int> ServeAppAsync(Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        map(_app);
        await _app.StartAsync();
        return new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }
}
