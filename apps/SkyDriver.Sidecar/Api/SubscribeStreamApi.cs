using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Api;

/// <summary>Subscriptions over a gRPC stream: <c>SubscribeTopicEventsAlpha1</c>.</summary>
internal static class SubscribeStreamApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGrpcDuplex<SubscribeTopicEventsRequest, SubscribeTopicEventsResponse>(
            $"/{DaprApi.GrpcService}/SubscribeTopicEventsAlpha1", SubscribeTopicEventsRequest.Parser, RunAsync);

    private static async Task RunAsync(
        IAsyncEnumerable<SubscribeTopicEventsRequest> requests, GrpcServerCall call, Func<SubscribeTopicEventsResponse, ValueTask> write)
    {
        InstanceSidecar sidecar = call.HttpContext.Sidecar();
        await using IAsyncEnumerator<SubscribeTopicEventsRequest> incoming = requests.GetAsyncEnumerator(call.Cancelled);
        if (!await incoming.MoveNextAsync() || incoming.Current.InitialRequest is not { } initial)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message of the stream must be initial_request"));
        }

        SubscriptionSpec spec = new(
            initial.PubsubName, initial.Topic, [new RouteRule(null, "")], new Dictionary<string, string>(initial.Metadata, StringComparer.OrdinalIgnoreCase),
            initial.DeadLetterTopic is { Length: > 0 } dead ? dead : null, null, "STREAMING");
        Check(sidecar, spec);
        await write(new SubscribeTopicEventsResponse { InitialResponse = new SubscribeTopicEventsResponseInitial() });

        StreamDelivery delivery = new(spec, message => write(new SubscribeTopicEventsResponse { EventMessage = message }));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, sidecar.Instance.Gone);
        Task running = RunAsync(sidecar, spec, delivery, ended.Token);
        try
        {
            await ReadAnswersAsync(incoming, delivery, sidecar, ended.Token);
        }
        catch (OperationCanceledException) when (sidecar.Instance.Gone.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the sidecar is stopping"));
        }
        finally
        {
            await ended.CancelAsync();
            await running;
        }
    }

    private static void Check(InstanceSidecar sidecar, SubscriptionSpec spec)
    {
        PubSubComponent pubsub = sidecar.Components.PubSub(spec.PubSub);
        if (string.IsNullOrWhiteSpace(spec.Topic)) throw DaprErrors.TopicEmpty(spec.PubSub);
        if (!pubsub.Scopes.MaySubscribe(spec.Topic)) throw DaprErrors.PubSubForbidden(spec.Topic, sidecar.Instance.AppId);
    }

    private static async Task RunAsync(InstanceSidecar sidecar, SubscriptionSpec spec, StreamDelivery delivery, CancellationToken ended)
    {
        try
        {
            await sidecar.Subscriptions.RunStreamAsync(sidecar, spec, delivery, ended);
        }
        catch (FormatException fault)
        {
            sidecar.Loggers.CreateLogger("dapr.pubsub").LogError("A stream is not subscribed to topic {Topic}: {Reason}", spec.Topic, fault.Message);
        }
    }

    private static async Task ReadAnswersAsync(IAsyncEnumerator<SubscribeTopicEventsRequest> incoming, StreamDelivery delivery, InstanceSidecar sidecar, CancellationToken ended)
    {
        while (await incoming.MoveNextAsync().AsTask().WaitAsync(ended))
        {
            if (incoming.Current.EventProcessed is not { } processed) throw new RpcException(new Status(StatusCode.InvalidArgument, "initial_request may be sent only once"));
            if (!delivery.TryAnswer(processed.Id, processed.Status?.Status ?? default))
            {
                sidecar.Loggers.CreateLogger("dapr.pubsub").LogWarning("A stream answered event {Id}, which is not open.", processed.Id);
            }
        }
    }
}
