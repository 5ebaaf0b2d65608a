using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using WireOptions = SkyDriver.Grpc.Protos.Common.StateOptions;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    public override async Task<TValue> GetStateAsync<TValue>(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var response = await ReadAsync(storeName, key, consistencyMode, metadata, cancellationToken);
        return FromBytes<TValue>(response.Data, $"State '{key}'");
    }

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var response = await ReadAsync(storeName, key, consistencyMode, metadata, cancellationToken);
        return (FromBytes<TValue>(response.Data, $"State '{key}'"), response.Etag);
    }

    public override async Task<ReadOnlyMemory<byte>> GetByteStateAsync(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        (await ReadAsync(storeName, key, consistencyMode, metadata, cancellationToken)).Data.Memory;

    public override async Task<(ReadOnlyMemory<byte>, string etag)> GetByteStateAndETagAsync(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var response = await ReadAsync(storeName, key, consistencyMode, metadata, cancellationToken);
        return (response.Data.Memory, response.Etag);
    }

    public override Task SaveStateAsync<TValue>(
        string storeName,
        string key,
        TValue value,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        SaveAsync(storeName, Item(key, ToBytes(value), null, stateOptions, metadata), cancellationToken);

    public override Task<bool> TrySaveStateAsync<TValue>(
        string storeName,
        string key,
        TValue value,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        // An empty etag is accepted: with first-write it means "only if the key does not exist".
        ArgumentNullException.ThrowIfNull(etag);
        return TryAsync(SaveAsync(storeName, Item(key, ToBytes(value), etag, stateOptions, metadata), cancellationToken));
    }

    public override Task SaveByteStateAsync(
        string storeName,
        string key,
        ReadOnlyMemory<byte> binaryValue,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        SaveAsync(storeName, Item(key, ByteString.CopyFrom(binaryValue.Span), null, stateOptions, metadata), cancellationToken);

    public override Task<bool> TrySaveByteStateAsync(
        string storeName,
        string key,
        ReadOnlyMemory<byte> binaryValue,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        return TryAsync(SaveAsync(storeName, Item(key, ByteString.CopyFrom(binaryValue.Span), etag, stateOptions, metadata), cancellationToken));
    }

    public override Task DeleteStateAsync(
        string storeName,
        string key,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        DeleteAsync(storeName, key, null, stateOptions, metadata, cancellationToken);

    public override Task<bool> TryDeleteStateAsync(
        string storeName,
        string key,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        TryAsync(DeleteAsync(storeName, key, etag, stateOptions, metadata, cancellationToken));

    public override async Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName,
        IReadOnlyList<string> keys,
        int? parallelism,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var items = await ReadBulkAsync(storeName, keys, parallelism, metadata, cancellationToken);
        return [.. items.Select(i => new BulkStateItem(i.Key, i.Data.ToStringUtf8(), i.Etag))];
    }

    public override async Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName,
        IReadOnlyList<string> keys,
        int? parallelism,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var items = await ReadBulkAsync(storeName, keys, parallelism, metadata, cancellationToken);
        return [.. items.Select(i => new BulkStateItem<TValue>(i.Key, FromBytes<TValue>(i.Data, $"State '{i.Key}'"), i.Etag))];
    }

    public override Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        if (items.Count == 0) throw new ArgumentException("Name at least one item to save.", nameof(items));
        var request = new SaveStateRequest { StoreName = storeName };
        request.States.Add(items.Select(i => Item(i.Key, ToBytes(i.Value), i.ETag, i.StateOptions, i.Metadata)));
        return CallAsync("SaveState", request, Empty.Parser, "Saving state", cancellationToken);
    }

    public override Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        if (items.Count == 0) throw new ArgumentException("Name at least one item to delete.", nameof(items));
        var request = new DeleteBulkStateRequest { StoreName = storeName };
        request.States.Add(items.Select(i => Item(i.Key, ByteString.Empty, i.ETag, i.StateOptions, i.Metadata)));
        return CallAsync("DeleteBulkState", request, Empty.Parser, "Deleting state", cancellationToken);
    }

    public override Task ExecuteStateTransactionAsync(
        string storeName,
        IReadOnlyList<StateTransactionRequest> operations,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        if (operations.Count == 0) throw new ArgumentException("Name at least one operation.", nameof(operations));
        var request = new ExecuteStateTransactionRequest { StoreName = storeName };
        Copy(metadata, request.Metadata);
        request.Operations.Add(operations.Select(o => new TransactionalStateOperation
        {
            OperationType = o.OperationType == StateOperationType.Delete ? "delete" : "upsert",
            Request = Item(o.Key, o.Value is null ? ByteString.Empty : ByteString.CopyFrom(o.Value), o.ETag, o.Options, o.Metadata),
        }));
        return CallAsync("ExecuteStateTransaction", request, Empty.Parser, "The state transaction", cancellationToken);
    }

    private Task<GetStateResponse> ReadAsync(
        string storeName, string key, ConsistencyMode? consistency, IReadOnlyDictionary<string, string>? metadata, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new GetStateRequest { StoreName = storeName, Key = key, Consistency = ToWire(consistency) };
        Copy(metadata, request.Metadata);
        return CallAsync("GetState", request, GetStateResponse.Parser, $"Reading state '{key}'", ct);
    }

    private async Task<IEnumerable<SkyDriver.Grpc.Protos.Runtime.BulkStateItem>> ReadBulkAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        if (keys.Count == 0) throw new ArgumentException("Name at least one key.", nameof(keys));
        var request = new GetBulkStateRequest { StoreName = storeName, Parallelism = parallelism ?? 0 };
        request.Keys.Add(keys);
        Copy(metadata, request.Metadata);
        return (await CallAsync("GetBulkState", request, GetBulkStateResponse.Parser, "Reading state in bulk", ct)).Items;
    }

    private Task SaveAsync(string storeName, StateItem item, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new SaveStateRequest { StoreName = storeName };
        request.States.Add(item);
        return CallAsync("SaveState", request, Empty.Parser, $"Saving state '{item.Key}'", ct);
    }

    private Task DeleteAsync(
        string storeName, string key, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new DeleteStateRequest { StoreName = storeName, Key = key, Etag = ToWire(etag), Options = ToWire(options) };
        Copy(metadata, request.Metadata);
        return CallAsync("DeleteState", request, Empty.Parser, $"Deleting state '{key}'", ct);
    }

    private static StateItem Item(
        string key, ByteString value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var item = new StateItem { Key = key, Value = value, Etag = ToWire(etag), Options = ToWire(options) };
        Copy(metadata, item.Metadata);
        return item;
    }

    /// <summary>False for a lost race (ABORTED); every other fault stays one.</summary>
    private static async Task<bool> TryAsync(Task write)
    {
        try
        {
            await write;
            return true;
        }
        catch (DaprException e) when (e.InnerException is RpcException { StatusCode: StatusCode.Aborted })
        {
            return false;
        }
    }

    private static Etag? ToWire(string? etag) => string.IsNullOrEmpty(etag) ? null : new Etag { Value = etag };

    private static WireOptions? ToWire(StateOptions? options) => options is null ? null : new WireOptions
    {
        Consistency = ToWire(options.Consistency),
        Concurrency = options.Concurrency switch
        {
            ConcurrencyMode.FirstWrite => WireOptions.Types.StateConcurrency.ConcurrencyFirstWrite,
            ConcurrencyMode.LastWrite => WireOptions.Types.StateConcurrency.ConcurrencyLastWrite,
            _ => WireOptions.Types.StateConcurrency.ConcurrencyUnspecified,
        },
    };

    private static WireOptions.Types.StateConsistency ToWire(ConsistencyMode? consistency) => consistency switch
    {
        ConsistencyMode.Eventual => WireOptions.Types.StateConsistency.ConsistencyEventual,
        ConsistencyMode.Strong => WireOptions.Types.StateConsistency.ConsistencyStrong,
        _ => WireOptions.Types.StateConsistency.ConsistencyUnspecified,
    };
}
