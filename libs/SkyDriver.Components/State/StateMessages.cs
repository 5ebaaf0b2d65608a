using Google.Protobuf;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.State;

/// <summary>Requests and values of state stores as they travel.</summary>
internal static class StateMessages
{
    public static StateGetRequest Read(GetRequest request) => new(request.Key, Read(request.Consistency), Wire.Map(request.Metadata));

    public static StateSet Read(SetRequest request) => new(
        request.Key, request.Value.Memory, Read(request.Etag), Read(request.Options?.Concurrency), Read(request.Options?.Consistency),
        Wire.Map(request.Metadata), Wire.NotEmpty(request.ContentType));

    public static StateDelete Read(DeleteRequest request) => new(
        request.Key, Read(request.Etag), Read(request.Options?.Concurrency), Read(request.Options?.Consistency), Wire.Map(request.Metadata));

    public static StateChange Read(TransactionalStateOperation operation) => operation.RequestCase switch
    {
        TransactionalStateOperation.RequestOneofCase.Set => Read(operation.Set),
        TransactionalStateOperation.RequestOneofCase.Delete => Read(operation.Delete),
        _ => throw new ComponentException(ComponentFault.InvalidRequest, "an operation of the transaction is neither a set nor a delete"),
    };

    public static GetResponse Answer(StateValue? value) => value is null ? new GetResponse() : new GetResponse
    {
        Data = UnsafeByteOperations.UnsafeWrap(value.Data),
        Etag = Etag(value),
        Metadata = { Wire.Map(value.Metadata) },
        ContentType = value.ContentType ?? "",
    };

    public static BulkStateItem Answer(StateBulkItem item)
    {
        BulkStateItem answer = new() { Key = item.Key, Error = item.Error ?? "" };
        if (item.Value is not { } value) return answer;
        answer.Data = UnsafeByteOperations.UnsafeWrap(value.Data);
        answer.Etag = Etag(value);
        answer.Metadata.Add(Wire.Map(value.Metadata));
        answer.ContentType = value.ContentType ?? "";
        return answer;
    }

    private static Etag? Etag(StateValue value) => value.ETag is { } etag ? new Etag { Value = etag } : null;

    // An ETag of no length is none.
    private static string? Read(Etag? etag) => etag is null ? null : Wire.NotEmpty(etag.Value);

    private static StateConcurrency Read(StateOptions.Types.StateConcurrency? concurrency) =>
        concurrency is StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite ? StateConcurrency.FirstWrite : StateConcurrency.LastWrite;

    private static StateConsistency Read(StateOptions.Types.StateConsistency? consistency) => consistency switch
    {
        StateOptions.Types.StateConsistency.ConsistencyEventual => StateConsistency.Eventual,
        StateOptions.Types.StateConsistency.ConsistencyStrong => StateConsistency.Strong,
        _ => StateConsistency.Default,
    };
}
