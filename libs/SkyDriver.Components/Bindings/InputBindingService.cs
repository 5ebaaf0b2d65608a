using Google.Protobuf;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.Bindings;

/// <summary>Serves an <see cref="IInputBinding"/>.</summary>
internal static class InputBindingService
{
    public const string Name = ComponentService.Package + "InputBinding";

    public static void Map(ServiceMap map)
    {
        map.Lifecycle(Name);
        map.Duplex<IInputBinding, ReadRequest, ReadResponse>($"/{Name}/Read", ReadRequest.Parser, (binding, answers, write, ct) =>
        {
            Deliveries<BindingEventResult> deliveries = new();
            return DeliveryStream.RunAsync(
                answers,
                answer => deliveries.Settle(answer.MessageId, new BindingEventResult(answer.ResponseData.Memory, answer.ResponseError is { } error ? Said(error) : null)),
                ended => binding.ReadAsync((message, wait) => DeliverAsync(deliveries, message, write, wait, ended), ended),
                ct);
        });
    }

    private static async Task<BindingEventResult> DeliverAsync(
        Deliveries<BindingEventResult> deliveries, BindingEvent message, Func<ReadResponse, ValueTask> write, CancellationToken wait, CancellationToken ended)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait, ended);
        return await deliveries.SendAsync(
            id => write(new ReadResponse
            {
                Data = UnsafeByteOperations.UnsafeWrap(message.Data),
                Metadata = { Wire.Map(message.Metadata) },
                ContentType = message.ContentType ?? "",
                MessageId = id,
            }),
            either.Token);
    }

    private static string Said(AckMessageError error) => Wire.NotEmpty(error.Message) ?? "the app did not process the event";
}
