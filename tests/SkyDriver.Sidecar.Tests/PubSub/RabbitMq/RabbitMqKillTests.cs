using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Run;
using SkyDriver.Sidecar.Tests.Hosting;
using SkyDriver.Sidecar.Tests.Run;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>Sidecar, app and server die while messages are on their way: nothing that was acknowledged to a publisher is lost.</summary>
public sealed class RabbitMqKillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rabbit-kill-").FullName;
    private readonly string _topic = "kill-" + Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<int, bool> _acknowledged = [];
    private int _next;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sidecar_KilledBetweenAcknowledgementAndDelivery_EverythingIsDeliveredByTheNext()
    {
        await using RabbitServer server = new(_topic, "app");
        await using NumberApp app = await NumberApp.StartAsync(_topic);
        WriteComponent(server.Address);
        // First with nothing delivered at all; then at moments of chance, with deliveries under way.
        app.Holds = true;
        await LiveAndBeKilledAsync(app, () => _acknowledged.Count >= 50 && app.Begun > 0);
        Assert.Empty(app.Taken);
        app.Holds = false;
        Random dice = new(20_261_121);
        for (int life = 0; life < 3; life++)
        {
            int enough = _acknowledged.Count + dice.Next(20, 150);
            await LiveAndBeKilledAsync(app, () => _acknowledged.Count >= enough && app.Taken.Count > 0);
        }

        using SidecarProcess last = StartSidecar(app, out HttpClient http);
        using (http)
        {
            await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
            await AllAreTakenAsync(app);
        }

        last.AskToStop();
        Assert.True(await last.ExitAsync() == 0, await last.Errors);
    }

    [Fact]
    public async Task App_GoneWhileItWorks_WhatItHadComesAgain()
    {
        await using RabbitServer server = new(_topic, "app");
        await using NumberApp app = await NumberApp.StartAsync(_topic);
        // To the sidecar a relay that breaks all connections and takes none is a process that was killed.
        await using CuttableRelay life = new(new IPEndPoint(IPAddress.Loopback, app.Port));
        await using TestHost host = new(Component(server.Address));
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = life.Port });
        HttpClient http = host.Client(running);
        app.Holds = true;
        for (int i = 0; i < 20; i++) Assert.True(await TryPublishAsync(http));
        await Until.HoldsAsync(() => app.Begun > 0);
        life.GoAway();
        app.Holds = false;
        Assert.True(await TryPublishAsync(http), "publishing needs no app");
        Assert.Empty(app.Taken);
        life.ComeBack();
        await AllAreTakenAsync(app);
    }

    [Fact]
    public async Task Server_KilledWhilePublishingAndDelivering_NothingAcknowledgedIsLost()
    {
        await using OwnRabbitServer server = await OwnRabbitServer.StartAsync();
        await using NumberApp app = await NumberApp.StartAsync(_topic);
        await using TestHost host = new(Component(server.Address));
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", AppPort = app.Port });
        HttpClient http = host.Client(running);
        using CancellationTokenSource enough = new();
        Task publishing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PublishUntilAsync(http, enough.Token)));
        await Until.HoldsAsync(() => _acknowledged.Count > 300 && app.Taken.Count > 100);
        await server.KillAndRestartAsync();
        int before = _acknowledged.Count;
        await Until.HoldsAsync(() => _acknowledged.Count > before + 300);
        await enough.CancelAsync();
        await Until.EndsAsync(publishing);
        await AllAreTakenAsync(app);
    }

    private async Task LiveAndBeKilledAsync(NumberApp app, Func<bool> isEnough)
    {
        using SidecarProcess sidecar = StartSidecar(app, out HttpClient http);
        using CancellationTokenSource killed = new();
        using (http)
        {
            await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
            Task publishing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PublishUntilAsync(http, killed.Token)));
            await Until.HoldsAsync(isEnough);
            sidecar.KillAtOnce();
            await killed.CancelAsync();
            await Until.EndsAsync(publishing);
        }
    }

    private async Task PublishUntilAsync(HttpClient http, CancellationToken enough)
    {
        // A publisher that is refused goes on with the next number; the one before is nobody's promise.
        while (!enough.IsCancellationRequested) await TryPublishAsync(http);
    }

    private async Task<bool> TryPublishAsync(HttpClient http)
    {
        int number = Interlocked.Increment(ref _next);
        try
        {
            using HttpResponseMessage answer = await http.PostAsJsonAsync($"/v1.0/publish/pubsub/{_topic}", number);
            return answer.IsSuccessStatusCode && _acknowledged.TryAdd(number, true);
        }
        catch (HttpRequestException)
        {
            await Task.Yield();
            return false;
        }
    }

    private async Task AllAreTakenAsync(NumberApp app)
    {
        await Until.HoldsAsync(() => _acknowledged.Keys.All(app.Taken.ContainsKey), "every acknowledged message reaches the app");
        Assert.All(app.Taken.Keys, number => Assert.InRange(number, 1, _next));
    }

    private SidecarProcess StartSidecar(NumberApp app, out HttpClient http)
    {
        int port = FreePort.Take();
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Until.Patience };
        return SidecarProcess.Start(
            _folder, "--app-id", "app", "--app-port", app.Port.ToString(CultureInfo.InvariantCulture), "--dapr-http-port", port.ToString(CultureInfo.InvariantCulture), "--dapr-grpc-port", "0",
            "--resources-path", _folder);
    }

    private void WriteComponent(Uri address) => File.WriteAllText(Path.Combine(_folder, "pubsub.yaml"), Component(address));

    private static string Component(Uri address) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: pubsub }
        spec:
          type: pubsub.rabbitmq
          version: v1
          metadata:
            - { name: connectionString, value: "{{address}}" }
            - { name: durable, value: "true" }
            - { name: deletedWhenUnused, value: "false" }
            - { name: deliveryMode, value: "2" }
            - { name: requeueInFailure, value: "true" }
            - { name: reconnectWait, value: 100ms }
        """;
}
