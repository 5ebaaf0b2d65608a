using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.State;

/// <summary>Serves an <see cref="IStateStore"/>.</summary>
internal static class StateStoreService
{
    public const string Name = ComponentService.Package + "StateStore";

    public static void Map(ServiceMap map)
    {
        map.Lifecycle(Name);
        map.Unary<IStateStore, FeaturesRequest, FeaturesResponse>($"/{Name}/Features", FeaturesRequest.Parser, (store, _, _) =>
            Task.FromResult(new FeaturesResponse { Features = { Features(store) } }));
        map.Unary<IStateStore, GetRequest, GetResponse>($"/{Name}/Get", GetRequest.Parser, async (store, request, ct) =>
            StateMessages.Answer(await store.GetAsync(StateMessages.Read(request), ct)));
        map.Unary<IStateStore, SetRequest, SetResponse>($"/{Name}/Set", SetRequest.Parser, async (store, request, ct) =>
        {
            await store.SetAsync(StateMessages.Read(request), ct);
            return new SetResponse();
        });
        map.Unary<IStateStore, DeleteRequest, DeleteResponse>($"/{Name}/Delete", DeleteRequest.Parser, async (store, request, ct) =>
        {
            await store.DeleteAsync(StateMessages.Read(request), ct);
            return new DeleteResponse();
        });
        MapBulk(map);
    }

    private static void MapBulk(ServiceMap map)
    {
        map.Unary<IStateStore, BulkGetRequest, BulkGetResponse>($"/{Name}/BulkGet", BulkGetRequest.Parser, async (store, request, ct) =>
        {
            IReadOnlyList<StateBulkItem> items = await store.BulkGetAsync([.. request.Items.Select(StateMessages.Read)], Parallelism(request.Options?.Parallelism), ct);
            return new BulkGetResponse { Items = { items.Select(StateMessages.Answer) } };
        });
        map.Unary<IStateStore, BulkSetRequest, BulkSetResponse>($"/{Name}/BulkSet", BulkSetRequest.Parser, async (store, request, ct) =>
        {
            await store.BulkSetAsync([.. request.Items.Select(StateMessages.Read)], Parallelism(request.Options?.Parallelism), ct);
            return new BulkSetResponse();
        });
        map.Unary<IStateStore, BulkDeleteRequest, BulkDeleteResponse>($"/{Name}/BulkDelete", BulkDeleteRequest.Parser, async (store, request, ct) =>
        {
            await store.BulkDeleteAsync([.. request.Items.Select(StateMessages.Read)], Parallelism(request.Options?.Parallelism), ct);
            return new BulkDeleteResponse();
        });
    }

    private static IEnumerable<string> Features(IStateStore store)
    {
        if (store.Features.HasFlag(StateFeatures.ETag)) yield return "ETAG";
        if (store is ITransactionalStateStore) yield return "TRANSACTIONAL";
        if (store.Features.HasFlag(StateFeatures.Ttl)) yield return "TTL";
    }

    private static int Parallelism(long? asked) => (int)Math.Clamp(asked ?? 0, 0, 1000);
}
