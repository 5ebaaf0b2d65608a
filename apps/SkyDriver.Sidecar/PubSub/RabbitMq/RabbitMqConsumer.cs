using System.Globalization;
using System.Text;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>One consumer of a queue. It outlives channels: when one is lost, the server gives its messages to others, and this opens the next.</summary>
internal sealed class RabbitMqConsumer : IConsumer
{
    // Messages that failed wait here for their next try, and must not hold up the others. Dapr's default is no limit at all.
    private const int WaitingRoom = 64;

    private readonly RabbitMqLink _link;
    private readonly RabbitMqSettings _settings;
    private readonly RabbitMqQueue _queue;
    private readonly ushort _prefetch;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<Arrived> _arrived;
    private readonly Task _run;
    private int _failuresInARow;

    private RabbitMqConsumer(RabbitMqLink link, RabbitMqSettings settings, RabbitMqQueue queue, int prefetch, TimeProvider clock, ILogger logger)
    {
        (_link, _settings, _queue, _clock, _logger) = (link, settings, queue, clock, logger);
        _prefetch = (ushort)Math.Clamp(settings.PrefetchCount > 0 ? settings.PrefetchCount : prefetch + WaitingRoom, 1, ushort.MaxValue);
        // The server sends no more than this, but for queues without acknowledgement; those then wait in the connection.
        _arrived = Channel.CreateBounded<Arrived>(_prefetch);
        _run = Task.Run(RunAsync);
    }

    /// <summary>Starts to consume. A server that is away is waited for in the background.</summary>
    /// <exception cref="FormatException">The server has the queue or exchange with other settings, or does not allow it.</exception>
    public static async ValueTask<IConsumer> StartAsync(
        RabbitMqLink link, RabbitMqSettings settings, RabbitMqQueue queue, int prefetch, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        RabbitMqConsumer consumer = new(link, settings, queue, prefetch, clock, logger);
        try
        {
            await consumer._started.Task.WaitAsync(ct);
            return consumer;
        }
        catch
        {
            await consumer.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct)
    {
        while (true)
        {
            Arrived first = await _arrived.Reader.ReadAsync(ct);
            if (!first.Session.IsLive) continue;
            if (most == 1) return [first];
            List<QueuedMessage> taken = [first];
            while (taken.Count < most && _arrived.Reader.TryRead(out Arrived? next))
            {
                if (next.Session.IsLive) taken.Add(next);
            }

            return taken;
        }
    }

    public ValueTask AcknowledgeAsync(QueuedMessage message)
    {
        Volatile.Write(ref _failuresInARow, 0);
        return SettleAsync((Arrived)message, static (channel, tag) => channel.BasicAckAsync(tag, multiple: false));
    }

    /// <summary>Drops the message, or lets the server hand it to its dead-letter queue, unless failures are to be queued again.</summary>
    public ValueTask RejectAsync(QueuedMessage message)
    {
        if (!_settings.RequeueInFailure) return SettleAsync((Arrived)message, static (channel, tag) => channel.BasicNackAsync(tag, multiple: false, requeue: false));
        // A classic queue does not count failures. Those of this consumer in a row stand for it: a server whose app is down is not stormed.
        message.Failures = Math.Max(message.Failures + 1, Interlocked.Increment(ref _failuresInARow));
        _ = ReturnLaterAsync(message, BrokerLimits.Default.Pause(message.Failures));
        return ValueTask.CompletedTask;
    }

    public ValueTask ReturnAsync(QueuedMessage message) =>
        SettleAsync((Arrived)message, static (channel, tag) => channel.BasicNackAsync(tag, multiple: false, requeue: true));

    /// <summary>Leaves the queue; what is unsettled goes back to it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
    }

    /// <summary>The message stays unsettled for the pause, so it counts against what this consumer may hold.</summary>
    private async Task ReturnLaterAsync(QueuedMessage message, TimeSpan pause)
    {
        await Task.Delay(pause, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ReturnAsync(message);
    }

    private async ValueTask SettleAsync(Arrived message, Func<IChannel, ulong, ValueTask> settle)
    {
        if (_settings.AutoAck || !message.Session.IsLive) return;
        try
        {
            await settle(message.Session.Channel, message.Tag);
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            _logger.LogDebug("A message of queue {Queue} was settled too late and comes again: {Reason}", _queue.Name, fault.Message);
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await ConsumeAsync();
            await Task.Delay(_settings.ReconnectWait, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Consumes until the channel is lost or the consumer leaves.</summary>
    private async Task ConsumeAsync()
    {
        try
        {
            await using Session session = await Session.OpenAsync(this);
            if (!_started.TrySetResult()) _logger.LogInformation("Queue {Queue} is consumed again.", _queue.Name);
            string why = await session.Ended.WaitAsync(_stop.Token);
            _logger.LogWarning("Queue {Queue} is not consumed any more ({Reason}); trying again in {Wait}.", _queue.Name, why, _settings.ReconnectWait);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It leaves.
        }
        catch (OperationInterruptedException fault) when (fault.ShutdownReason?.ReplyCode is 403 or 406 && _started.TrySetException(new FormatException(_link.Explain(fault).Message)))
        {
            await _stop.CancelAsync();
        }
        catch (Exception fault)
        {
            _started.TrySetResult();
            _logger.LogError("Queue {Queue} cannot be consumed, trying again in {Wait}: {Reason}", _queue.Name, _settings.ReconnectWait, _link.Explain(fault).Message);
        }
    }

    private static bool IsLoss(Exception fault) => fault is RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException;

    private sealed class Arrived(Session session, ulong tag, Message message) : QueuedMessage(message)
    {
        public Session Session { get; } = session;

        public ulong Tag { get; } = tag;
    }

    /// <summary>One life of the channel. Delivery tags mean nothing beyond it.</summary>
    private sealed class Session : AsyncDefaultBasicConsumer, IAsyncDisposable
    {
        private readonly RabbitMqConsumer _owner;
        private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _over = new();

        private Session(RabbitMqConsumer owner, IChannel channel)
            : base(channel) => _owner = owner;

        /// <summary>Ends with the reason when no more messages come.</summary>
        public Task<string> Ended => _ended.Task;

        public bool IsLive => !_ended.Task.IsCompleted;

        public static async Task<Session> OpenAsync(RabbitMqConsumer owner)
        {
            IConnection connection = await owner._link.GetAsync().WaitAsync(owner._stop.Token);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(owner._stop.Token);
            limit.CancelAfter(RabbitMqLink.Patience);
            IChannel channel = await connection.CreateChannelAsync(cancellationToken: limit.Token);
            Session session = new(owner, channel);
            try
            {
                await RabbitMqTopology.DeclareQueueAsync(channel, owner._settings, owner._queue, limit.Token);
                await channel.BasicQosAsync(0, owner._prefetch, global: false, limit.Token);
                await channel.BasicConsumeAsync(owner._queue.Name, owner._settings.AutoAck, owner._queue.Name, noLocal: false, exclusive: false, arguments: null, session, limit.Token);
                return session;
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }
        }

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            Arrived arrived = new(this, deliveryTag, Read(properties, body)) { Failures = Failures(properties) };
            try
            {
                await _owner._arrived.Writer.WriteAsync(arrived, _over.Token);
            }
            catch (OperationCanceledException)
            {
                // The channel is over; the server has the message.
            }
        }

        /// <summary>The server ended it, as when the queue was deleted.</summary>
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            End("the server cancelled the consumer");
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }

        public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
        {
            End(reason.ReplyText);
            return base.HandleChannelShutdownAsync(channel, reason);
        }

        public async ValueTask DisposeAsync()
        {
            End("closed");
            try
            {
                await Channel.CloseAsync();
            }
            catch (Exception fault) when (IsLoss(fault))
            {
                // It was gone already.
            }

            await Channel.DisposeAsync();
        }

        private void End(string why)
        {
            if (_ended.TrySetResult(why)) _over.Cancel();
        }

        private Message Read(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
        {
            byte[] data = body.ToArray();
            EventSummary summary = EventReader.Summarise(data);
            return new(data, properties.ContentType ?? "", summary.IsEvent, _owner._settings.PropertiesToMetadata ? Metadata(properties) : null, summary.Expires);
        }

        /// <summary>Quorum queues count deliveries; others say nothing.</summary>
        private static int Failures(IReadOnlyBasicProperties properties) =>
            properties.Headers?.TryGetValue("x-delivery-count", out object? count) is true ? (int)Math.Min(Convert.ToInt64(count, CultureInfo.InvariantCulture), 1000) : 0;

        private static Dictionary<string, string> Metadata(IReadOnlyBasicProperties properties)
        {
            Dictionary<string, string> metadata = new(StringComparer.OrdinalIgnoreCase);
            if (properties.MessageId is { Length: > 0 } id) metadata["metadata.messageid"] = id;
            if (properties.CorrelationId is { Length: > 0 } correlation) metadata["metadata.correlationid"] = correlation;
            if (properties.Type is { Length: > 0 } type) metadata["metadata.type"] = type;
            if (properties.ContentType is { Length: > 0 } contentType) metadata["metadata.contenttype"] = contentType;
            foreach ((string name, object? value) in properties.Headers ?? new Dictionary<string, object?>())
            {
                string? text = value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture);
                if (text is not null) metadata["metadata." + name] = text;
            }

            return metadata;
        }
    }
}
