using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using WireStatus = SkyDriver.Grpc.Protos.Runtime.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>One open stream: a loop that reads ahead, and a loop that handles and acknowledges one message at a time.</summary>
internal sealed class StreamingSubscription : IAsyncDisposable
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private readonly GrpcDuplexCall<SubscribeTopicEventsResponse> _call;
    private readonly IAsyncEnumerator<SubscribeTopicEventsResponse> _responses;
    private readonly DaprSubscriptionOptions _options;
    private readonly TopicMessageHandler _handler;
    private readonly Channel<TopicEventRequest> _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task<RpcException?> _reading;
    private readonly Task _handling;
    private long _lastAcknowledged = -(long)FarewellLimit.TotalMilliseconds;

    public StreamingSubscription(
        GrpcDuplexCall<SubscribeTopicEventsResponse> call,
        IAsyncEnumerator<SubscribeTopicEventsResponse> responses,
        DaprSubscriptionOptions options,
        TopicMessageHandler handler)
    {
        (_call, _responses, _options, _handler) = (call, responses, options, handler);
        _queue = options.MaximumQueuedMessages is { } limit
            ? Channel.CreateBounded<TopicEventRequest>(limit)
            : Channel.CreateUnbounded<TopicEventRequest>();
        _reading = Task.Run(ReadAsync);
        _ = ReportAsync(_reading);
        _handling = Task.Run(HandleAsync);
    }

    /// <summary>Messages not begun yet go back to the broker; the one in hand may finish.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        _queue.Writer.TryComplete();
        await Task.WhenAny(_handling, Task.Delay(_options.MaximumCleanupTimeout));
        // Closing at once would take back acknowledgements that the sidecar has not read yet; older ones it has.
        if (Environment.TickCount64 - Volatile.Read(ref _lastAcknowledged) < FarewellLimit.TotalMilliseconds)
        {
            await Task.WhenAny(_call.CompleteAsync(), Task.Delay(FarewellLimit));
            await Task.WhenAny(_reading, Task.Delay(FarewellLimit));
        }

        _call.Dispose();
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _responses.DisposeAsync();
    }

    /// <summary>Reads until the stream ends, and says why it did: null when the sidecar ended it well.</summary>
    private async Task<RpcException?> ReadAsync()
    {
        RpcException? fault = null;
        try
        {
            while (await _responses.MoveNextAsync())
            {
                if (_responses.Current.EventMessage is { } message) await EnqueueAsync(message);
            }
        }
        catch (RpcException e)
        {
            fault = e;
        }
        catch (OperationCanceledException)
        {
            // The caller's token has fired.
        }

        _queue.Writer.TryComplete();
        return fault;
    }

    /// <summary>Apart from the reading, which disposal waits for: a handler may dispose this subscription to take another.</summary>
    private async Task ReportAsync(Task<RpcException?> broken)
    {
        var fault = await broken;
        if (_stopping.IsCancellationRequested || _options.ErrorHandler is not { } report) return;
        string text = fault is null ? "The sidecar ended the subscription." : $"The subscription broke: {fault.Status.Detail}";
        await report(fault is null ? new DaprException(text) : new DaprException(text, fault));
    }

    private async Task EnqueueAsync(TopicEventRequest message)
    {
        try
        {
            await _queue.Writer.WriteAsync(message);
        }
        catch (ChannelClosedException)
        {
            // Being disposed: left unacknowledged, the message goes back to the broker.
        }
    }

    private async Task HandleAsync()
    {
        await foreach (var message in _queue.Reader.ReadAllAsync())
        {
            if (_stopping.IsCancellationRequested) return;
            await AnswerAsync(message);
        }
    }

    private async Task AnswerAsync(TopicEventRequest message)
    {
        var status = await RunAsync(message);
        try
        {
            Volatile.Write(ref _lastAcknowledged, Environment.TickCount64);
            await _call.WriteAsync(new SubscribeTopicEventsRequest
            {
                EventProcessed = new SubscribeTopicEventsRequestProcessed
                {
                    Id = message.Id,
                    Status = new TopicEventResponse { Status = status },
                },
            });
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Not acknowledged: the broker delivers it again. The reader reports why the stream ended.
        }
    }

    private async Task<WireStatus> RunAsync(TopicEventRequest message)
    {
        using var limit = new CancellationTokenSource(_options.MessageHandlingPolicy.TimeoutDuration);
        try
        {
            return ToWire(await _handler(ToMessage(message), limit.Token).WaitAsync(limit.Token));
        }
        catch (Exception)
        {
            // Whatever it was, timeout included: the policy decides.
            return ToWire(_options.MessageHandlingPolicy.DefaultResponseAction);
        }
    }

    private static WireStatus ToWire(TopicResponseAction action) => action switch
    {
        TopicResponseAction.Success => WireStatus.Success,
        TopicResponseAction.Drop => WireStatus.Drop,
        _ => WireStatus.Retry,
    };

    private static TopicMessage ToMessage(TopicEventRequest message) =>
        new(message.Id, message.Source, message.Type, message.SpecVersion, message.DataContentType, message.Topic, message.PubsubName)
        {
            Data = message.Data.Memory,
            Path = message.Path,
            Extensions = new Dictionary<string, Value>((message.Extensions ?? new Struct()).Fields),
        };
}
