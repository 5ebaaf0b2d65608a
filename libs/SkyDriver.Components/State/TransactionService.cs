using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.State;

/// <summary>Serves what an <see cref="ITransactionalStateStore"/> can do beyond a state store, on the object that the latter set up.</summary>
internal static class TransactionService
{
    public const string Name = ComponentService.Package + "TransactionalStateStore";
    public const string SizeName = ComponentService.Package + "TransactionalStoreMultiMaxSize";

    public static void Map(ServiceMap map)
    {
        map.Unary<ITransactionalStateStore, TransactionalStateRequest, TransactionalStateResponse>($"/{Name}/Transact", TransactionalStateRequest.Parser, async (store, request, ct) =>
        {
            await store.TransactAsync([.. request.Operations.Select(StateMessages.Read)], Wire.Map(request.Metadata), ct);
            return new TransactionalStateResponse();
        });
        // -1 is Dapr's "any number".
        map.Unary<ITransactionalStateStore, MultiMaxSizeRequest, MultiMaxSizeResponse>($"/{SizeName}/MultiMaxSize", MultiMaxSizeRequest.Parser, (store, _, _) =>
            Task.FromResult(new MultiMaxSizeResponse { MaxSize = store.MaxTransactionSize ?? -1 }));
    }
}
