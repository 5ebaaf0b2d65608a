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
        // Not disposed of here: when the sidecar stops, a read is still under way, and ends with the call.
        IAsyncEnumerator<SubscribeTopicEventsRequest> incoming = requests.GetAsyncEnumerator(call.Cancelled);
        SubscriptionSpec spec = await ReadInitialAsync(incoming);
        ILogger logger = sidecar.Loggers.CreateLogger("dapr.pubsub");
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StreamDelivery delivery = new(spec, message => write(new SubscribeTopicEventsResponse { EventMessage = message }), opened.Task, logger);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, sidecar.Instance.Gone);
        await using IAsyncDisposable subscription = await SubscribeAsync(sidecar, spec, delivery, ended.Token);
        try
        {
            await write(new SubscribeTopicEventsResponse { InitialResponse = new SubscribeTopicEventsResponseInitial() });
            opened.SetResult();
            Task reading = ReadAnswersAsync(incoming, delivery, logger);
            if (await Task.WhenAny(reading, Left(ended.Token)) == reading)
            {
                await reading;
            }
            else
            {
                Forget(reading);
                throw new RpcException(new Status(StatusCode.Unavailable, "the sidecar is stopping; subscribe again"));
            }
        }
        finally
        {
            // Before the subscription is disposed of, which waits for what the client has: it will not answer any more.
            await ended.CancelAsync();
        }
    }

    private static async Task<SubscriptionSpec> ReadInitialAsync(IAsyncEnumerator<SubscribeTopicEventsRequest> incoming)
    {
        if (!await incoming.MoveNextAsync() || incoming.Current.InitialRequest is not { } initial)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message of the stream must be initial_request"));
        }

        return new(
            initial.PubsubName, initial.Topic, [new RouteRule(null, "")], new Dictionary<string, string>(initial.Metadata, StringComparer.OrdinalIgnoreCase),
            initial.DeadLetterTopic is { Length: > 0 } dead ? dead : null, null, "STREAMING");
    }

    private static async ValueTask<IAsyncDisposable> SubscribeAsync(InstanceSidecar sidecar, SubscriptionSpec spec, StreamDelivery delivery, CancellationToken ended)
    {
        try
        {
            return await sidecar.Subscriptions.StartStreamAsync(sidecar, spec, delivery, ended);
        }
        catch (FormatException fault)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"cannot subscribe to topic {spec.Topic} of {spec.PubSub}: {fault.Message}"));
        }
    }

    /// <summary>Ends when the client sends no more.</summary>
    private static async Task ReadAnswersAsync(IAsyncEnumerator<SubscribeTopicEventsRequest> incoming, StreamDelivery delivery, ILogger logger)
    {
        while (await NextAsync(incoming))
        {
            if (incoming.Current.EventProcessed is not { } processed) throw new RpcException(new Status(StatusCode.InvalidArgument, "initial_request may be sent only once"));
            if (!delivery.TryAnswer(processed.Id, processed.Status?.Status ?? default)) logger.LogWarning("A stream answered event {Id}, which is not open.", processed.Id);
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SubscribeTopicEventsRequest> incoming)
    {
        try
        {
            return await incoming.MoveNextAsync();
        }
        catch (IOException fault)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, fault.Message));
        }
    }

    private static Task Left(CancellationToken ended)
    {
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.UnsafeRegister(static (state, _) => ((TaskCompletionSource)state!).TrySetResult(), left);
        return left.Task;
    }

    /// <summary>Looks at the fault of a read that nobody waits for.</summary>
    private static void Forget(Task reading) =>
        _ = reading.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
