using System.Threading.Channels;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Components;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>The stream of one topic's messages out of a pluggable broker. One that breaks is opened again, after a pause that grows.</summary>
internal sealed class PluggableConsumer : IConsumer
{
    private const string PullMessages = "PullMessages";

    private readonly PluggableConnection _connection;
    private readonly string _topic;
    private readonly SubscriptionOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<Pulled> _waiting;
    private readonly CancellationTokenSource _left = new();
    private readonly Task _pulling;

    public PluggableConsumer(PluggableConnection connection, string topic, SubscriptionOptions options, TimeProvider clock, ILogger logger)
    {
        (_connection, _topic, _options, _clock, _logger) = (connection, topic, options, clock, logger);
        _waiting = Channel.CreateBounded<Pulled>(new BoundedChannelOptions(Math.Max(1, options.Prefetch)) { SingleWriter = true });
        _pulling = Task.Run(PullAsync);
    }

    public async ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct)
    {
        List<QueuedMessage> taken = [];
        while (taken.Count == 0)
        {
            Pulled first = await _waiting.Reader.ReadAsync(ct);
            // What a broken stream left behind comes again on the next one.
            if (!first.Source.IsEnded) taken.Add(first);
        }

        while (taken.Count < most && _waiting.Reader.TryRead(out Pulled? next))
        {
            if (!next.Source.IsEnded) taken.Add(next);
        }

        return taken;
    }

    public ValueTask AcknowledgeAsync(QueuedMessage message) => SettleAsync((Pulled)message, null);

    public ValueTask RejectAsync(QueuedMessage message) => SettleAsync((Pulled)message, "the app did not process the message");

    public ValueTask ReturnAsync(QueuedMessage message) => SettleAsync((Pulled)message, "the message was not delivered");

    public async ValueTask DisposeAsync()
    {
        if (_left.IsCancellationRequested) return;
        await _left.CancelAsync();
        await _pulling;
        _left.Dispose();
    }

    private async Task PullAsync()
    {
        for (int failures = 0; !_left.IsCancellationRequested;)
        {
            try
            {
                await PullOnceAsync(() => failures = 0);
            }
            catch (OperationCanceledException) when (_left.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (RpcException fault)
            {
                TimeSpan pause = BrokerLimits.Default.Pause(++failures);
                _logger.LogWarning("The stream of topic {Topic} broke and is opened again in {Seconds} s: {Reason}", _topic, pause.TotalSeconds, fault.Status.Detail);
                await Task.Delay(pause, _clock, _left.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task PullOnceAsync(Action onMessage)
    {
        PluggableSession session = await _connection.SessionAsync(_left.Token);
        await using PluggableStream<PullMessagesResponse> stream = new(session.Open(PullMessages, PullMessagesResponse.Parser, CancellationToken.None));
        Source source = new(stream);
        try
        {
            await stream.WriteAsync(new PullMessagesRequest { Topic = new() { Name = _topic, Metadata = { _options.Metadata.ToDictionary() } } });
            await stream.ReadAsync(async message =>
            {
                onMessage();
                await _waiting.Writer.WriteAsync(Read(message, source), _left.Token);
            }, _left.Token);
        }
        catch (RpcException)
        {
            session.Break();
            throw;
        }
        finally
        {
            source.IsEnded = true;
        }
    }

    private static async ValueTask SettleAsync(Pulled message, string? error)
    {
        if (message.Source.IsEnded) return;
        PullMessagesRequest answer = new() { AckMessageId = message.Id, AckError = error is null ? null : new AckMessageError { Message = error } };
        try
        {
            await message.Source.Stream.WriteAsync(answer);
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The answer is lost with its stream: the message comes again.
        }
    }

    private static Pulled Read(PullMessagesResponse response, Source source)
    {
        EventSummary summary = EventReader.Summarise(response.Data.Span);
        Message message = new(response.Data.ToByteArray(), response.ContentType, summary.IsEvent, new Dictionary<string, string>(response.Metadata), summary.Expires);
        return new Pulled(message, response.Id, source);
    }

    /// <summary>The stream that a message came on, which alone takes the answer to it.</summary>
    private sealed class Source(PluggableStream<PullMessagesResponse> stream)
    {
        private volatile bool _ended;

        public PluggableStream<PullMessagesResponse> Stream { get; } = stream;

        public bool IsEnded
        {
            get => _ended;
            set => _ended = value;
        }
    }

    private sealed class Pulled(Message message, string id, Source source) : QueuedMessage(message)
    {
        public string Id { get; } = id;

        public Source Source { get; } = source;
    }
}
