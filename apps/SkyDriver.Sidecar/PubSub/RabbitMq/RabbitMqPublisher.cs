using System.Globalization;
using RabbitMQ.Client;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>Sends messages over one channel. Sends of several callers follow each other; their confirms are awaited side by side.</summary>
internal sealed class RabbitMqPublisher(RabbitMqLink link, RabbitMqSettings settings, TimeProvider clock) : IAsyncDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private Outlet? _outlet;

    /// <exception cref="BrokerUnavailableException">The server is away; messages may have been taken all the same.</exception>
    /// <exception cref="BulkPublishException">The server refused some.</exception>
    public async ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        // An open channel may turn out to be dead only when it is used; a fresh one after it deserves the blame.
        if (await TryPublishAsync(topic, messages, mayBeStale: true, ct)) return;
        await TryPublishAsync(topic, messages, mayBeStale: false, ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_outlet is { } outlet) await outlet.DisposeAsync();
        _sending.Dispose();
    }

    /// <returns>False when the channel was open before and is dead.</returns>
    private async Task<bool> TryPublishAsync(string topic, IReadOnlyList<Message> messages, bool mayBeStale, CancellationToken ct)
    {
        Outlet? used = null;
        bool stale = false;
        try
        {
            Task confirmed;
            await EnterAsync(ct);
            try
            {
                stale = mayBeStale && _outlet is not null;
                used = await OpenAsync();
                confirmed = await used.SendAsync(topic, messages).WaitAsync(RabbitMqLink.Patience, clock, CancellationToken.None);
            }
            finally
            {
                _sending.Release();
            }

            if (settings.PublisherConfirm) await confirmed.WaitAsync(RabbitMqLink.Patience, clock, ct);
            return true;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or BulkPublishException))
        {
            if (used is not null) await used.AbandonAsync(fault);
            if (stale) return false;
            throw link.Explain(fault);
        }
    }

    private async ValueTask EnterAsync(CancellationToken ct)
    {
        if (_sending.Wait(0, CancellationToken.None)) return;
        using var patience = new CancellationTokenSource(RabbitMqLink.Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            await _sending.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }

    private async ValueTask<Outlet> OpenAsync()
    {
        if (_outlet is { IsOpen: true }) return _outlet;
        _outlet = null;
        IConnection connection = await link.GetAsync();
        return _outlet = await Outlet.OpenAsync(link, connection, settings);
    }

    /// <summary>One life of the channel.</summary>
    private sealed class Outlet : IAsyncDisposable
    {
        private readonly RabbitMqLink _link;
        private readonly IConnection _connection;
        private readonly IChannel _channel;
        private readonly RabbitMqSettings _settings;
        private readonly ConfirmWindow _window = new();
        private readonly HashSet<string> _declared = new(StringComparer.Ordinal);

        private Outlet(RabbitMqLink link, IConnection connection, IChannel channel, RabbitMqSettings settings)
        {
            (_link, _connection, _channel, _settings) = (link, connection, channel, settings);
            channel.BasicAcksAsync += (_, told) => Settle(told.DeliveryTag, told.Multiple, taken: true);
            channel.BasicNacksAsync += (_, told) => Settle(told.DeliveryTag, told.Multiple, taken: false);
            channel.ChannelShutdownAsync += (_, told) =>
            {
                _window.End(new BrokerUnavailableException($"RabbitMQ at {settings.Place} broke the connection before it confirmed ({told.ReplyText}); publish again, the consumer may get it twice"));
                return Task.CompletedTask;
            };
        }

        public bool IsOpen => _channel.IsOpen;

        public static async Task<Outlet> OpenAsync(RabbitMqLink link, IConnection connection, RabbitMqSettings settings)
        {
            using CancellationTokenSource patience = new(RabbitMqLink.Patience);
            CreateChannelOptions options = new(settings.PublisherConfirm, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null);
            return new(link, connection, await connection.CreateChannelAsync(options, patience.Token), settings);
        }

        /// <returns>Ends with the confirms.</returns>
        public async Task<Task> SendAsync(string topic, IReadOnlyList<Message> messages)
        {
            if (_declared.Add(topic))
            {
                using CancellationTokenSource patience = new(RabbitMqLink.Patience);
                await RabbitMqTopology.DeclareExchangeAsync(_channel, _settings, topic, patience.Token);
            }

            Task confirmed = _settings.PublisherConfirm ? _window.Open(messages.Count).Done : Task.CompletedTask;
            foreach (Message message in messages)
            {
                string key = message.Metadata is { } metadata && metadata.TryGetValue("routingKey", out string? given) ? given : "";
                await _channel.BasicPublishAsync(topic, key, mandatory: false, Properties(message), message.Data);
            }

            return confirmed;
        }

        /// <summary>What is open here is void; the connection goes too, when it is what failed.</summary>
        public async Task AbandonAsync(Exception reason)
        {
            _window.End(reason);
            if (reason is TimeoutException || !_connection.IsOpen) await _link.AbandonAsync(_connection);
            else await DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await _channel.DisposeAsync();
            }
            catch (Exception fault) when (fault is RabbitMQ.Client.Exceptions.RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException)
            {
                // It was gone already.
            }
        }

        private Task Settle(ulong number, bool multiple, bool taken)
        {
            _window.Settle(number, multiple, taken);
            return Task.CompletedTask;
        }

        private BasicProperties Properties(Message message)
        {
            BasicProperties properties = new() { ContentType = "text/plain", DeliveryMode = _settings.Persistent ? DeliveryModes.Persistent : DeliveryModes.Transient };
            if ((message.TimeToLive ?? _settings.TimeToLive) is { } ttl) properties.Expiration = ((long)ttl.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            if (message.Metadata is not { } metadata) return properties;
            if (metadata.TryGetValue("contentType", out string? contentType)) properties.ContentType = contentType;
            if (metadata.TryGetValue("messageID", out string? id)) properties.MessageId = id;
            if (metadata.TryGetValue("correlationID", out string? correlation)) properties.CorrelationId = correlation;
            if (metadata.TryGetValue("type", out string? type)) properties.Type = type;
            if (metadata.TryGetValue("priority", out string? text) && byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte priority)) properties.Priority = priority;
            return properties;
        }
    }
}
