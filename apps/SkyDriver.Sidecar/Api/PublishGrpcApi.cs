using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.PubSub;

namespace SkyDriver.Sidecar.Api;

/// <summary>Publishing over gRPC.</summary>
internal static class PublishGrpcApi
{
    private static readonly Empty Nothing = new();

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcUnary($"/{DaprApi.GrpcService}/PublishEvent", PublishEventRequest.Parser, PublishAsync);
        foreach (string method in (string[])["BulkPublishEvent", "BulkPublishEventAlpha1"]) routes.MapGrpcUnary($"/{DaprApi.GrpcService}/{method}", BulkPublishRequest.Parser, PublishBulkAsync);
    }

    private static async Task<Empty> PublishAsync(PublishEventRequest request, GrpcServerCall call)
    {
        InstanceSidecar sidecar = call.HttpContext.Sidecar();
        PubSubComponent pubsub = sidecar.Components.PubSub(request.PubsubName);
        Publisher.Check(pubsub, request.Topic, sidecar.Instance.AppId);
        Publisher.Item item = new(request.Data.ToByteArray(), request.DataContentType, Metadata(request.Metadata));
        await Publisher.PublishAsync(pubsub, request.Topic, Publisher.Create(item, pubsub, request.Topic, call.HttpContext, sidecar.Clock), call.Cancelled);
        return Nothing;
    }

    private static async Task<BulkPublishResponse> PublishBulkAsync(BulkPublishRequest request, GrpcServerCall call)
    {
        InstanceSidecar sidecar = call.HttpContext.Sidecar();
        PubSubComponent pubsub = sidecar.Components.PubSub(request.PubsubName);
        Publisher.Check(pubsub, request.Topic, sidecar.Instance.AppId);
        List<BulkPublisher.Entry> entries = [];
        foreach (BulkPublishRequestEntry entry in request.Entries)
        {
            Dictionary<string, string> metadata = Metadata(request.Metadata);
            foreach ((string name, string value) in entry.Metadata) metadata[name] = value;
            entries.Add(new(entry.EntryId, new Publisher.Item(entry.Event.ToByteArray(), entry.ContentType, metadata)));
        }

        BulkPublishResponse response = new();
        foreach ((string id, string error) in await BulkPublisher.PublishAsync(entries, pubsub, request.Topic, call.HttpContext, sidecar.Clock))
        {
            response.FailedEntries.Add(new BulkPublishResponseFailedEntry { EntryId = id, Error = error });
        }

        return response;
    }

    private static Dictionary<string, string> Metadata(IDictionary<string, string> given) => new(given, StringComparer.OrdinalIgnoreCase);
}
