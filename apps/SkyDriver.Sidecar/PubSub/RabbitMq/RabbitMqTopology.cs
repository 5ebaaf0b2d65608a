using RabbitMQ.Client;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>Declares exchanges and queues as daprd does, so that both find the same ones.</summary>
internal static class RabbitMqTopology
{
    public static Task DeclareExchangeAsync(IChannel channel, RabbitMqSettings settings, string topic, CancellationToken ct) =>
        channel.ExchangeDeclareAsync(topic, settings.ExchangeKind, settings.Durable, settings.DeletedWhenUnused, cancellationToken: ct);

    public static async Task DeclareQueueAsync(IChannel channel, RabbitMqSettings settings, RabbitMqQueue queue, CancellationToken ct)
    {
        await DeclareExchangeAsync(channel, settings, queue.Topic, ct);
        if (settings.EnableDeadLetter) await DeclareDeadLetterAsync(channel, settings, queue, ct);
        await channel.QueueDeclareAsync(queue.Name, settings.Durable, exclusive: false, settings.DeletedWhenUnused, queue.Arguments.ToDictionary(), cancellationToken: ct);
        foreach (string key in queue.RoutingKeys) await channel.QueueBindAsync(queue.Name, queue.Topic, key, cancellationToken: ct);
    }

    private static async Task DeclareDeadLetterAsync(IChannel channel, RabbitMqSettings settings, RabbitMqQueue queue, CancellationToken ct)
    {
        await channel.ExchangeDeclareAsync(queue.DeadLetterExchange, ExchangeType.Fanout, durable: true, settings.DeletedWhenUnused, cancellationToken: ct);
        await channel.QueueDeclareAsync(
            queue.DeadLetterQueue, durable: true, exclusive: false, settings.DeletedWhenUnused, RabbitMqQueue.DeadLetterArguments(settings), cancellationToken: ct);
        await channel.QueueBindAsync(queue.DeadLetterQueue, queue.DeadLetterExchange, "", cancellationToken: ct);
    }
}
