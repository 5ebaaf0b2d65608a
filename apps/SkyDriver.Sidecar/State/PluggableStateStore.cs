using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>A state store that another process serves over gRPC on a Unix socket.</summary>
internal sealed class PluggableStateStore : IStateStore, IStartsLate
{
    private const string Service = PluggableTypes.Package + "StateStore";
    private const string Transactions = PluggableTypes.Package + "TransactionalStateStore";
    private const string TransactionSize = PluggableTypes.Package + "TransactionalStoreMultiMaxSize";

    private readonly PluggableConnection _connection;

    /// <exception cref="ResourceException">The store is to hold actors.</exception>
    public PluggableStateStore(ComponentSpec component, ComponentEnvironment environment)
    {
        // Their state is found again by listing keys, which the contract of pluggable stores has no call for.
        if (component.Flag("actorStateStore")) throw component.Fault("actorStateStore", "true", "keep actors and workflows in state.sqlite or state.postgresql here, a pluggable store cannot list its keys");
        _connection = new PluggableConnection(component, Service, environment, DescribeAsync);
    }

    public bool IsTransactional { get; private set; }

    public int MostOperations { get; private set; } = int.MaxValue;

    public Task StartAsync(CancellationToken ct) => _connection.StartAsync(ct);

    public async Task<StateRecord?> GetAsync(string key, CancellationToken ct)
    {
        GetResponse found = await CallAsync("Get", new GetRequest { Key = key }, GetResponse.Parser, key, null, ct);
        return Record(found.Data, found.Etag, found.Metadata);
    }

    public async Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct)
    {
        BulkGetRequest request = new() { Items = { keys.Select(key => new GetRequest { Key = key }) }, Options = new BulkGetRequestOptions() };
        BulkGetResponse response = await CallAsync("BulkGet", request, BulkGetResponse.Parser, "", null, ct);
        Dictionary<string, BulkStateItem> items = new(StringComparer.Ordinal);
        foreach (BulkStateItem item in response.Items)
        {
            if (item.Error.Length > 0) throw new InvalidOperationException($"{item.Key}: {item.Error}");
            items[item.Key] = item;
        }

        return [.. keys.Select(key => items.TryGetValue(key, out BulkStateItem? item) ? Record(item.Data, item.Etag, item.Metadata) : null)];
    }

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct) => operations switch
    {
        [{ Kind: StateOperationKind.Upsert } one] => CallAsync("Set", Set(one), SetResponse.Parser, one.Key, one.ETag, ct),
        [{ Kind: StateOperationKind.Delete } one] => CallAsync("Delete", Delete(one), DeleteResponse.Parser, one.Key, one.ETag, ct),
        _ => TransactAsync(operations, ct),
    };

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        TransactionalStateRequest request = new();
        foreach (StateOperation operation in operations)
        {
            request.Operations.Add(operation.Kind is StateOperationKind.Upsert
                ? new TransactionalStateOperation { Set = Set(operation) }
                : new TransactionalStateOperation { Delete = Delete(operation) });
        }

        return CallAsync($"/{Transactions}/Transact", request, TransactionalStateResponse.Parser, "a key of the transaction", null, ct);
    }

    private async Task DescribeAsync(PluggableSession session, CancellationToken ct)
    {
        FeaturesResponse features = await session.CallAsync("Features", new FeaturesRequest(), FeaturesResponse.Parser, ct);
        IsTransactional = features.Features.Contains("TRANSACTIONAL") && session.Services.Contains(Transactions);
        MostOperations = int.MaxValue;
        if (!session.Services.Contains(TransactionSize)) return;
        MultiMaxSizeResponse size = await session.CallAsync($"/{TransactionSize}/MultiMaxSize", new MultiMaxSizeRequest(), MultiMaxSizeResponse.Parser, ct);
        if (size.MaxSize is > 0 and < int.MaxValue) MostOperations = (int)size.MaxSize;
    }

    private async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, string key, string? etag, CancellationToken ct)
        where T : class, IMessage<T>
    {
        try
        {
            PluggableSession session = await _connection.SessionAsync(ct);
            return await session.CallAsync(method, request, parser, ct);
        }
        catch (RpcException fault)
        {
            throw PluggableFaults.TranslateState(fault, key, etag);
        }
    }

    private static SetRequest Set(in StateOperation operation)
    {
        SetRequest request = new() { Key = operation.Key, Value = UnsafeByteOperations.UnsafeWrap(operation.Value), Etag = Etag(operation), Options = Options(operation) };
        if (operation.Ttl is { } ttl) request.Metadata["ttlInSeconds"] = ((long)Math.Ceiling(ttl.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return request;
    }

    private static DeleteRequest Delete(in StateOperation operation) => new() { Key = operation.Key, Etag = Etag(operation), Options = Options(operation) };

    private static Etag? Etag(in StateOperation operation) => string.IsNullOrEmpty(operation.ETag) ? null : new Etag { Value = operation.ETag };

    private static StateOptions Options(in StateOperation operation) => new()
    {
        Concurrency = operation.FirstWrite ? StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite : StateOptions.Types.StateConcurrency.ConcurrencyLastWrite,
    };

    /// <summary>The contract has no word for "missing": no data and no ETag say it.</summary>
    private static StateRecord? Record(ByteString data, Etag? etag, IDictionary<string, string> metadata)
    {
        string tag = etag?.Value ?? "";
        if (data.IsEmpty && tag.Length == 0) return null;
        bool expires = metadata.TryGetValue("ttlExpireTime", out string? text) && text.Length > 0;
        DateTimeOffset? end = expires && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
        return new(data.ToByteArray(), tag, end);
    }
}
