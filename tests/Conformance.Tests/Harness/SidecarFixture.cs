using System.Net;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests;

/// <summary>The embedded sidecar's host with a set of components, and apps on real ports beside it.</summary>
internal sealed class SidecarFixture : IAsyncDisposable
{
    private readonly SharedHost _host;
    private readonly List<IAsyncDisposable> _running = [];

    public SidecarFixture(params string[] componentYaml)
    {
        Folder = Directory.CreateTempSubdirectory("sidecar-test-").FullName;
        for (int i = 0; i < componentYaml.Length; i++) File.WriteAllText(Path.Combine(Folder, $"{i}.yaml"), componentYaml[i]);
        _host = SharedHost.Open(Folder);
    }

    public string Folder { get; }

    public static string Component(string name, string type, params string[] metadata) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {"{"} name: {name} {"}"}
        spec:
          type: {type}
          version: v1
          metadata: [{string.Join(", ", metadata.Select(m => $"{{ name: {m.Split('=', 2)[0]}, value: \"{m.Split('=', 2)[1]}\" }}"))}]
        """;

    /// <summary>An app without a port, which only calls.</summary>
    public async Task<(DaprClient Client, InstancePorts Ports)> AddCallerAsync(string appId)
    {
        InstancePorts ports = await AddSidecarAsync(new InstanceOptions { AppId = appId });
        DaprClient client = new DaprClientBuilder().UseHttpEndpoint(Loopback.Url(ports.Http)).UseGrpcEndpoint(Loopback.Url(ports.Grpc)).Build();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        await client.WaitForSidecarAsync(deadline.Token);
        return (client, ports);
    }

    /// <summary>A sidecar with settings of its own, for callers only.</summary>
    public async Task<InstancePorts> AddSidecarAsync(InstanceOptions options)
    {
        ISidecarInstance instance = await _host.AddAsync(options with { ResourcePaths = [Folder] }, CancellationToken.None);
        _running.Add(instance);
        return instance.Ports;
    }

    /// <summary>One replica of an app that serves the given routes.</summary>
    public Task<IAsyncDisposable> AddAppAsync(string appId, Action<WebApplication> map) => AddAppAsync(new InstanceOptions { AppId = appId }, map);

    public async Task<IAsyncDisposable> AddAppAsync(InstanceOptions options, Action<WebApplication> map)
    {
        int port = FreePort.Take();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Loopback.Url(port));
        WebApplication app = builder.Build();
        map(app);
        await app.StartAsync();
        ISidecarInstance instance = await _host.AddAsync(options with { AppPort = port, ResourcePaths = [Folder] }, CancellationToken.None);
        using HttpClient http = new() { BaseAddress = new Uri(Loopback.Url(instance.Ports.Http)) };
        await Until.HoldsAsync(async () => (await http.GetAsync("/v1.0/healthz")).StatusCode == HttpStatusCode.NoContent, "the sidecar is ready");
        Replica replica = new(instance, app);
        _running.Add(replica);
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable one in Enumerable.Reverse(_running)) await one.DisposeAsync();
        await _host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class Replica(ISidecarInstance instance, WebApplication app) : IAsyncDisposable
    {
        private int _gone;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 1) return;
            await instance.DisposeAsync();
            await app.DisposeAsync();
        }
    }
}
