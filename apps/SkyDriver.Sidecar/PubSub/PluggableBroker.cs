using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>A broker that another process serves over gRPC on a Unix socket. It knows its consumer group from Init.</summary>
internal sealed class PluggableBroker : IPubSub, IStartsLate
{
    private const string Service = PluggableTypes.Package + "PubSub";
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly PluggableConnection _connection;
    private readonly string _name;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private bool _publishesBulk;

    public PluggableBroker(ComponentSpec component, ComponentEnvironment environment)
    {
        (_name, _clock, _logger) = (component.Name, environment.Clock, environment.Loggers.CreateLogger("dapr.pubsub"));
        _connection = new PluggableConnection(component, Service, environment, DescribeAsync);
    }

    public Task StartAsync(CancellationToken ct) => _connection.StartAsync(ct);

    public async ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        if (messages.Count == 0) return;
        PluggableSession session = await SessionAsync(ct);
        if (messages.Count == 1) await PublishOneAsync(session, topic, messages[0], ct);
        else if (_publishesBulk) await PublishBulkAsync(session, topic, messages, ct);
        else await PublishEachAsync(session, topic, messages, ct);
    }

    public ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct) =>
        ValueTask.FromResult<IConsumer>(new PluggableConsumer(_connection, topic, options, _clock, _logger));

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task DescribeAsync(PluggableSession session, CancellationToken ct)
    {
        FeaturesResponse features = await session.CallAsync("Features", new FeaturesRequest(), FeaturesResponse.Parser, ct);
        _publishesBulk = features.Features.Contains("BULK_PUBSUB");
    }

    private async ValueTask<PluggableSession> SessionAsync(CancellationToken ct)
    {
        try
        {
            return await _connection.SessionAsync(ct);
        }
        catch (RpcException fault)
        {
            throw Unavailable(fault);
        }
    }

    private async Task PublishOneAsync(PluggableSession session, string topic, Message message, CancellationToken ct)
    {
        PublishRequest request = new()
        {
            Data = UnsafeByteOperations.UnsafeWrap(message.Data),
            PubsubName = _name,
            Topic = topic,
            ContentType = message.ContentType,
            Metadata = { message.Metadata?.ToDictionary() ?? NoMetadata },
        };
        try
        {
            await session.CallAsync("Publish", request, PublishResponse.Parser, ct);
        }
        catch (RpcException fault)
        {
            throw Unavailable(fault);
        }
    }

    private async Task PublishBulkAsync(PluggableSession session, string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        BulkPublishRequest request = new() { PubsubName = _name, Topic = topic };
        for (int i = 0; i < messages.Count; i++)
        {
            request.Entries.Add(new BulkMessageEntry
            {
                EntryId = i.ToString(CultureInfo.InvariantCulture),
                Event = UnsafeByteOperations.UnsafeWrap(messages[i].Data),
                ContentType = messages[i].ContentType,
                Metadata = { messages[i].Metadata?.ToDictionary() ?? NoMetadata },
            });
        }

        try
        {
            BulkPublishResponse response = await session.CallAsync("BulkPublish", request, BulkPublishResponse.Parser, ct);
            Dictionary<int, string> failed = [];
            foreach (BulkPublishResponseFailedEntry entry in response.FailedEntries)
            {
                if (int.TryParse(entry.EntryId, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < messages.Count) failed[index] = entry.Error;
            }

            if (failed.Count > 0) throw new BulkPublishException(failed);
        }
        catch (RpcException fault)
        {
            throw Unavailable(fault);
        }
    }

    private async Task PublishEachAsync(PluggableSession session, string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        Dictionary<int, string> failed = [];
        for (int i = 0; i < messages.Count; i++)
        {
            try
            {
                await PublishOneAsync(session, topic, messages[i], ct);
            }
            catch (BrokerUnavailableException fault)
            {
                failed[i] = fault.Message;
            }
        }

        if (failed.Count > 0) throw new BulkPublishException(failed);
    }

    private static Exception Unavailable(RpcException fault) => PluggableFaults.Translate(fault) is Hosting.DaprFault dictated
        ? dictated
        : new BrokerUnavailableException(fault.Status.Detail, fault);
}
