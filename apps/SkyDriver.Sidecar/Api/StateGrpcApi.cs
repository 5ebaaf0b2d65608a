using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>State over gRPC; values are stored as the bytes that were given.</summary>
internal static class StateGrpcApi
{
    private static readonly Empty Nothing = new();

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapDapr("GetState", GetStateRequest.Parser, GetAsync);
        routes.MapDapr("GetBulkState", GetBulkStateRequest.Parser, GetBulkAsync);
        routes.MapDapr("SaveState", SaveStateRequest.Parser, SaveAsync);
        routes.MapDapr("DeleteState", DeleteStateRequest.Parser, DeleteAsync);
        routes.MapDapr("DeleteBulkState", DeleteBulkStateRequest.Parser, DeleteBulkAsync);
        routes.MapDapr("ExecuteStateTransaction", ExecuteStateTransactionRequest.Parser, TransactAsync);
    }

    private static async Task<GetStateResponse> GetAsync(GetStateRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        StateRecord? found = await StateOperations.GetAsync(sidecar.StateStore(request.StoreName), request.Key, ct);
        GetStateResponse response = new();
        if (found is not { } record) return response;
        (response.Data, response.Etag) = (UnsafeByteOperations.UnsafeWrap(record.Value), record.ETag);
        if (record.ExpiresAt is { } end) response.Metadata["ttlExpireTime"] = StateOperations.Time(end);
        return response;
    }

    private static async Task<GetBulkStateResponse> GetBulkAsync(GetBulkStateRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        IReadOnlyList<StateRecord?> found = await StateOperations.GetManyAsync(sidecar.StateStore(request.StoreName), request.Keys, ct);
        GetBulkStateResponse response = new();
        for (int i = 0; i < found.Count; i++)
        {
            BulkStateItem item = new() { Key = request.Keys[i] };
            if (found[i] is { } record)
            {
                (item.Data, item.Etag) = (UnsafeByteOperations.UnsafeWrap(record.Value), record.ETag);
                if (record.ExpiresAt is { } end) item.Metadata["ttlExpireTime"] = StateOperations.Time(end);
            }

            response.Items.Add(item);
        }

        return response;
    }

    private static async Task<Empty> SaveAsync(SaveStateRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        StateComponent state = sidecar.StateStore(request.StoreName);
        await StateOperations.ApplyEachAsync(state, [.. request.States.Select(item => Operation(state, StateOperationKind.Upsert, item))], ct);
        return Nothing;
    }

    private static async Task<Empty> DeleteAsync(DeleteStateRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        StateComponent state = sidecar.StateStore(request.StoreName);
        StateOperation delete = new(StateOperationKind.Delete, state.StoredKey(request.Key), [], request.Etag?.Value);
        await StateOperations.ApplyEachAsync(state, [delete], ct);
        return Nothing;
    }

    private static async Task<Empty> DeleteBulkAsync(DeleteBulkStateRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        StateComponent state = sidecar.StateStore(request.StoreName);
        await StateOperations.ApplyEachAsync(state, [.. request.States.Select(item => Operation(state, StateOperationKind.Delete, item))], ct);
        return Nothing;
    }

    private static async Task<Empty> TransactAsync(ExecuteStateTransactionRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        StateComponent state = sidecar.StateStore(request.StoreName).Transactional();
        StateOperation[] operations = [.. request.Operations.Select(o => Operation(state, StateOperations.Kind(o.OperationType), o.Request ?? new StateItem()))];
        await StateOperations.ApplyAllAsync(state, operations, ct);
        return Nothing;
    }

    private static StateOperation Operation(StateComponent state, StateOperationKind kind, StateItem item)
    {
        if (kind is StateOperationKind.Delete) return new(kind, state.StoredKey(item.Key), [], item.Etag?.Value);
        bool json = item.Metadata.TryGetValue("contentType", out string? type) && type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase);
        if (json && !StateJson.IsJson(item.Value.Span)) throw DaprErrors.MalformedRequest($"the value of '{item.Key}' is no JSON, as its contentType says");
        bool firstWrite = item.Options?.Concurrency is StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite;
        return new(kind, state.StoredKey(item.Key), item.Value.ToByteArray(), item.Etag?.Value, firstWrite, StateOperations.Ttl(state, item.Metadata));
    }
}
