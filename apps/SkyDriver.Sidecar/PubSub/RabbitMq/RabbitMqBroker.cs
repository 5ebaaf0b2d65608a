using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>A RabbitMQ server (<c>pubsub.rabbitmq</c>), used as daprd uses it: exchange = topic, queue = <c>{consumerID}-{topic}</c>.</summary>
/// <remarks>Publishing and consuming have a connection each: a server that throttles publishers must not stop acknowledgements.</remarks>
internal sealed class RabbitMqBroker : IPubSub, IStartsLate
{
    private readonly RabbitMqSettings _settings;
    private readonly TimeSpan _startLimit;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly RabbitMqLink _outward;
    private readonly RabbitMqLink _inward;
    private readonly RabbitMqPublisher _publisher;

    /// <param name="startLimit">How long the start waits for the server; it is used without later.</param>
    public RabbitMqBroker(RabbitMqSettings settings, TimeSpan startLimit, TimeProvider clock, ILogger logger)
    {
        (_settings, _startLimit, _clock, _logger) = (settings, startLimit, clock, logger);
        _outward = new(settings, "publish");
        _inward = new(settings, "subscribe");
        _publisher = new(_outward, settings, clock);
        foreach (string risk in settings.Risks) logger.LogInformation("{Name}: {Risk}.", settings.ClientName, risk);
    }

    public bool HasMessageTtl => true;

    public int? Concurrency => _settings.Concurrency;

    public ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct) => _publisher.PublishAsync(topic, messages, ct);

    public ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct) =>
        RabbitMqConsumer.StartAsync(_inward, _settings, RabbitMqQueue.Of(topic, group, _settings, options.Metadata), options.Prefetch, _clock, _logger, ct);

    /// <summary>Waits a while for the server. One that is still away then is only told about, as consumers and publishers find it by themselves.</summary>
    /// <exception cref="ResourceException">The server refuses the user.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        long since = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                await _outward.GetAsync().WaitAsync(ct);
                return;
            }
            catch (BrokerUnavailableException fault) when (RabbitMqLink.IsRefusal(fault))
            {
                throw new ResourceException($"Component {_settings.ClientName}: {fault.Message}.");
            }
            catch (BrokerUnavailableException fault) when (_clock.GetElapsedTime(since) > _startLimit)
            {
                _logger.LogError("{Reason}", fault.Message);
                return;
            }
            catch (BrokerUnavailableException)
            {
                await Task.Delay(_settings.ReconnectWait < _startLimit ? _settings.ReconnectWait : _startLimit, _clock, ct);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _outward.DisposeAsync();
        await _inward.DisposeAsync();
    }
}
