using Google.Protobuf.Collections;
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
        await new Publisher(pubsub, request.Topic, call.HttpContext, sidecar.Clock).PublishAsync(item, call.Cancelled);
        return Nothing;
    }

    private static async Task<BulkPublishResponse> PublishBulkAsync(BulkPublishRequest request, GrpcServerCall call)
    {
        InstanceSidecar sidecar = call.HttpContext.Sidecar();
        PubSubComponent pubsub = sidecar.Components.PubSub(request.PubsubName);
        Publisher.Check(pubsub, request.Topic, sidecar.Instance.AppId);
        List<BulkPublisher.Entry> entries = new(request.Entries.Count);
        IReadOnlyDictionary<string, string> common = Metadata(request.Metadata);
        foreach (BulkPublishRequestEntry entry in request.Entries)
        {
            entries.Add(new(entry.EntryId, new Publisher.Item(entry.Event.ToByteArray(), entry.ContentType, Metadata(entry.Metadata, common))));
        }

        BulkPublishResponse response = new();
        foreach ((string id, string error) in await BulkPublisher.PublishAsync(entries, pubsub, request.Topic, call.HttpContext, sidecar.Clock))
        {
            response.FailedEntries.Add(new BulkPublishResponseFailedEntry { EntryId = id, Error = error });
        }

        return response;
    }

    private static IReadOnlyDictionary<string, string> Metadata(MapField<string, string> given) =>
        given.Count == 0 ? Publisher.NoMetadata : new Dictionary<string, string>(given, StringComparer.OrdinalIgnoreCase);

    /// <summary>An entry's own metadata go before those of the call.</summary>
    private static IReadOnlyDictionary<string, string> Metadata(MapField<string, string> own, IReadOnlyDictionary<string, string> common)
    {
        if (own.Count == 0) return common;
        Dictionary<string, string> metadata = new(common, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in own) metadata[name] = value;
        return metadata;
    }
}
