using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests;

/// <summary>The API over gRPC.</summary>
internal sealed class GrpcCalls(DaprGrpc dapr) : IDaprCalls
{
    public async Task<StoredValue> GetStateAsync(string store, string key, string? consistency = null)
    {
        GetStateResponse found = await RefusedAs(dapr.GetStateAsync(new GetStateRequest { StoreName = store, Key = key, Consistency = Consistency(consistency) }));
        return new(found.Data.ToByteArray(), found.Etag, new Dictionary<string, string>(found.Metadata, StringComparer.OrdinalIgnoreCase));
    }

    public Task SaveStateAsync(string store, params StateWrite[] writes) =>
        RefusedAs(dapr.SaveStateAsync(new SaveStateRequest { StoreName = store, States = { writes.Select(ToItem) } }));

    public Task DeleteStateAsync(string store, string key, string? etag = null, string? concurrency = null)
    {
        DeleteStateRequest request = new() { StoreName = store, Key = key };
        if (etag is not null) request.Etag = new Etag { Value = etag };
        if (concurrency is not null) request.Options = new StateOptions { Concurrency = Concurrency(concurrency) };
        return RefusedAs(dapr.DeleteStateAsync(request));
    }

    public async Task<IReadOnlyList<BulkValue>> GetBulkStateAsync(string store, params string[] keys)
    {
        GetBulkStateResponse found = await RefusedAs(dapr.GetBulkStateAsync(new GetBulkStateRequest { StoreName = store, Keys = { keys }, Parallelism = 4 }));
        return [.. found.Items.Select(i => new BulkValue(i.Key, i.Data.ToStringUtf8(), i.Etag, i.Error))];
    }

    public Task TransactAsync(string store, params Operation[] operations) => RefusedAs(dapr.ExecuteStateTransactionAsync(new ExecuteStateTransactionRequest
    {
        StoreName = store,
        Operations = { operations.Select(o => new TransactionalStateOperation { OperationType = o.Kind, Request = ToItem(o.Write) }) },
    }));

    public Task PublishAsync(string pubsub, string topic, byte[] data, string? contentType = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        PublishEventRequest request = new() { PubsubName = pubsub, Topic = topic, Data = ByteString.CopyFrom(data), DataContentType = contentType ?? "" };
        Fill(request.Metadata, metadata);
        return RefusedAs(dapr.PublishEventAsync(request));
    }

    public async Task<IReadOnlyList<FailedEntry>> BulkPublishAsync(string pubsub, string topic, IReadOnlyList<BulkEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        BulkPublishRequest request = new() { PubsubName = pubsub, Topic = topic };
        Fill(request.Metadata, metadata);
        foreach (BulkEntry entry in entries)
        {
            bool octets = entry.ContentType.Contains("octet-stream", StringComparison.Ordinal);
            ByteString data = octets ? ByteString.FromBase64(entry.Event) : ByteString.CopyFromUtf8(entry.Event);
            BulkPublishRequestEntry wire = new() { EntryId = entry.EntryId, Event = data, ContentType = entry.ContentType };
            Fill(wire.Metadata, entry.Metadata);
            request.Entries.Add(wire);
        }

        return [.. (await RefusedAs(dapr.BulkPublishEventAsync(request))).FailedEntries.Select(f => new FailedEntry(f.EntryId, f.Error))];
    }

    public async Task<BindingReply> InvokeBindingAsync(string name, string operation, byte[]? data = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        InvokeBindingRequest request = new() { Name = name, Operation = operation, Data = ByteString.CopyFrom(data ?? []) };
        Fill(request.Metadata, metadata);
        InvokeBindingResponse answer = await RefusedAs(dapr.InvokeBindingAsync(request));
        return new(answer.Data.ToByteArray(), new Dictionary<string, string>(answer.Metadata, StringComparer.OrdinalIgnoreCase));
    }

    public async Task<IReadOnlyDictionary<string, string>> GetSecretAsync(string store, string key) =>
        new Dictionary<string, string>((await RefusedAs(dapr.GetSecretAsync(new GetSecretRequest { StoreName = store, Key = key }))).Data);

    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetBulkSecretAsync(string store) =>
        (await RefusedAs(dapr.GetBulkSecretAsync(new GetBulkSecretRequest { StoreName = store }))).Data
            .ToDictionary(s => s.Key, s => (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(s.Value.Secrets));

    private static StateItem ToItem(StateWrite write)
    {
        StateItem item = new() { Key = write.Key, Value = ByteString.CopyFrom(write.Json, Encoding.UTF8) };
        if (write.ETag is not null) item.Etag = new Etag { Value = write.ETag };
        Fill(item.Metadata, write.Metadata);
        if (write.Concurrency is not null || write.Consistency is not null) item.Options = new StateOptions { Concurrency = Concurrency(write.Concurrency), Consistency = Consistency(write.Consistency) };
        return item;
    }

    private static StateOptions.Types.StateConcurrency Concurrency(string? name) => name switch
    {
        "first-write" => StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite,
        "last-write" => StateOptions.Types.StateConcurrency.ConcurrencyLastWrite,
        _ => StateOptions.Types.StateConcurrency.ConcurrencyUnspecified,
    };

    private static StateOptions.Types.StateConsistency Consistency(string? name) => name switch
    {
        "strong" => StateOptions.Types.StateConsistency.ConsistencyStrong,
        "eventual" => StateOptions.Types.StateConsistency.ConsistencyEventual,
        _ => StateOptions.Types.StateConsistency.ConsistencyUnspecified,
    };

    private static void Fill(MapField<string, string> map, IReadOnlyDictionary<string, string>? values)
    {
        foreach ((string name, string value) in values ?? new Dictionary<string, string>()) map[name] = value;
    }

    private static async Task RefusedAs(Task call)
    {
        try
        {
            await call;
        }
        catch (RpcException fault)
        {
            throw new DaprRefusal(fault);
        }
    }

    private static async Task<T> RefusedAs<T>(Task<T> call)
    {
        await RefusedAs((Task)call);
        return await call;
    }
}
