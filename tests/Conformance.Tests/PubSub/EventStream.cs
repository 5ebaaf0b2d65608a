using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using EventStatus = SkyDriver.Grpc.Protos.Runtime.TopicEventResponse.Types.TopicEventResponseStatus;

namespace SkyDriver.Conformance.Tests.PubSub;

/// <summary>A subscription over a gRPC stream, message by message. Disposing it breaks the stream.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly GrpcDuplexCall<SubscribeTopicEventsResponse> _call;
    private readonly IAsyncEnumerator<SubscribeTopicEventsResponse> _responses;
    private readonly CancellationTokenSource _over = new();

    private EventStream(GrpcDuplexCall<SubscribeTopicEventsResponse> call)
    {
        _call = call;
        _responses = call.ReadAllAsync(_over.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <exception cref="RpcException">The sidecar refuses.</exception>
    public static async Task<EventStream> OpenAsync(DaprGrpc dapr, string pubsub, string topic, string? deadLetterTopic = null)
    {
        SubscribeTopicEventsRequestInitial initial = new() { PubsubName = pubsub, Topic = topic };
        if (deadLetterTopic is not null) initial.DeadLetterTopic = deadLetterTopic;
        EventStream stream = new(dapr.SubscribeTopicEvents());
        await stream.SendAsync(new SubscribeTopicEventsRequest { InitialRequest = initial });
        Assert.NotNull((await stream.ReadAsync()).InitialResponse);
        return stream;
    }

    /// <summary>A stream on which nothing was said yet.</summary>
    public static EventStream Silent(DaprGrpc dapr) => new(dapr.SubscribeTopicEvents());

    public Task SendAsync(SubscribeTopicEventsRequest message) => _call.WriteAsync(message);

    public async Task<SubscribeTopicEventsResponse> ReadAsync()
    {
        if (!await _responses.MoveNextAsync().AsTask().WaitAsync(Patience)) throw new RpcException(new Status(StatusCode.OK, "The stream has ended."));
        return _responses.Current;
    }

    public async Task<TopicEventRequest> NextAsync() => (await ReadAsync()).EventMessage;

    public Task AnswerAsync(TopicEventRequest message, EventStatus status = EventStatus.Success) => AnswerAsync(message.Id, status);

    public Task AnswerAsync(string id, EventStatus status) => SendAsync(new SubscribeTopicEventsRequest
    {
        EventProcessed = new SubscribeTopicEventsRequestProcessed { Id = id, Status = new TopicEventResponse { Status = status } },
    });

    public async ValueTask DisposeAsync()
    {
        if (_over.IsCancellationRequested) return;
        await _over.CancelAsync();
        _call.Dispose();
        try
        {
            await _responses.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // A read is still open; it ends with the call.
        }
    }
}
