using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using SkyDriver.Sidecar.PubSub.RabbitMq;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>A real RabbitMQ server, named by <c>CONFORMANCE_RABBITMQ</c>, with a relay before it that can be cut.</summary>
internal sealed class RabbitServer : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];
    private readonly Uri _address;
    private readonly string[] _groups;

    /// <param name="topic">A name that no other test uses; null makes one.</param>
    /// <param name="groups">Whose queues are removed in the end; none = g, g1 and g2.</param>
    public RabbitServer(string? topic = null, params string[] groups)
    {
        Topic = topic ?? "t-" + Guid.NewGuid().ToString("N");
        _groups = groups.Length > 0 ? groups : ["g", "g1", "g2"];
        string? given = Environment.GetEnvironmentVariable("CONFORMANCE_RABBITMQ");
        Assert.SkipWhen(string.IsNullOrEmpty(given), "No RabbitMQ server: start one with tests/servers and set CONFORMANCE_RABBITMQ to its amqp:// address.");
        _address = new Uri(given!);
        Relay = new CuttableRelay(new IPEndPoint(IPAddress.Loopback, _address.Port));
    }

    public CuttableRelay Relay { get; }

    public string Topic { get; }

    /// <summary>Of the server itself, not of the relay.</summary>
    public Uri Address => _address;

    /// <summary>A component on this server, behind the relay; by default one that loses nothing.</summary>
    public RabbitMqBroker Broker(params string[] metadata)
    {
        Dictionary<string, string> all = new(StringComparer.OrdinalIgnoreCase)
        {
            ["connectionString"] = new UriBuilder(_address) { Port = Relay.Port }.Uri.ToString(),
            ["deletedWhenUnused"] = "false",
            ["requeueInFailure"] = "true",
            ["reconnectWait"] = "100ms",
        };
        foreach (string field in metadata) all[field.Split('=', 2)[0]] = field.Split('=', 2)[1];
        ComponentSpec spec = new("pubsub", "pubsub.rabbitmq", "v1", "file", false, TimeSpan.FromSeconds(5), all);
        RabbitMqBroker broker = new(RabbitMqSettings.Read(spec), spec.InitTimeout, TimeProvider.System, NullLogger.Instance);
        _open.Add(broker);
        return broker;
    }

    /// <summary>The server as another program sees it.</summary>
    public async Task<IChannel> ForeignChannelAsync()
    {
        IConnection connection = await new ConnectionFactory { Uri = _address }.CreateConnectionAsync();
        _open.Add(connection);
        return await connection.CreateChannelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await using (IChannel cleaner = await ForeignChannelAsync())
        {
            foreach (string queue in (string[])[.. _groups.Select(g => $"{g}-{Topic}"), $"dlq-g-{Topic}"]) await cleaner.QueueDeleteAsync(queue);
            foreach (string exchange in (string[])[Topic, $"dlx-g-{Topic}"]) await cleaner.ExchangeDeleteAsync(exchange);
        }

        foreach (IAsyncDisposable one in Enumerable.Reverse(_open)) await one.DisposeAsync();
        await Relay.DisposeAsync();
    }
}
