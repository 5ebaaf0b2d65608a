using Grpc.Core;

namespace SkyDriver.Conformance.Tests;

/// <summary>The two forms of the API; most behaviours are asked of both.</summary>
public enum Protocol
{
    Http,
    Grpc,
}

/// <summary>The Dapr API in one of its forms, so that a behaviour is written down once. Every call throws <see cref="DaprRefusal"/>.</summary>
internal interface IDaprCalls
{
    Task<StoredValue> GetStateAsync(string store, string key, string? consistency = null);

    Task SaveStateAsync(string store, params StateWrite[] writes);

    Task DeleteStateAsync(string store, string key, string? etag = null, string? concurrency = null);

    Task<IReadOnlyList<BulkValue>> GetBulkStateAsync(string store, params string[] keys);

    Task TransactAsync(string store, params Operation[] operations);

    Task PublishAsync(string pubsub, string topic, byte[] data, string? contentType = null, IReadOnlyDictionary<string, string>? metadata = null);

    /// <returns>The entries that failed.</returns>
    Task<IReadOnlyList<FailedEntry>> BulkPublishAsync(string pubsub, string topic, IReadOnlyList<BulkEntry> entries, IReadOnlyDictionary<string, string>? metadata = null);

    Task<BindingReply> InvokeBindingAsync(string name, string operation, byte[]? data = null, IReadOnlyDictionary<string, string>? metadata = null);

    Task<IReadOnlyDictionary<string, string>> GetSecretAsync(string store, string key);

    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetBulkSecretAsync(string store);
}

/// <summary>What is stored under a key; empty data and etag when nothing is.</summary>
internal sealed record StoredValue(byte[] Data, string ETag, IReadOnlyDictionary<string, string> Metadata)
{
    public bool IsMissing => Data.Length == 0 && ETag.Length == 0;

    public string Text => System.Text.Encoding.UTF8.GetString(Data);
}

/// <param name="Json">The value.</param>
internal sealed record StateWrite(string Key, string Json, string? ETag = null, string? Concurrency = null, string? Consistency = null, IReadOnlyDictionary<string, string>? Metadata = null);

internal sealed record BulkValue(string Key, string Text, string ETag, string Error);

internal sealed record Operation(string Kind, StateWrite Write)
{
    public static Operation Upsert(string key, string json, string? etag = null) => new("upsert", new(key, json, etag));

    public static Operation Delete(string key, string? etag = null) => new("delete", new(key, "", etag));
}

/// <param name="Event">JSON for JSON content types, base64 for octets, else text.</param>
internal sealed record BulkEntry(string EntryId, string Event, string ContentType, IReadOnlyDictionary<string, string>? Metadata = null);

internal sealed record FailedEntry(string EntryId, string Error);

internal sealed record BindingReply(byte[] Data, IReadOnlyDictionary<string, string> Metadata)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Data);
}

/// <summary>A refused call, in the words of its protocol.</summary>
internal sealed class DaprRefusal : Exception
{
    public DaprRefusal(int status, string errorCode, string message)
        : base($"HTTP {status} {errorCode}: {message}") => (HttpStatus, ErrorCode) = (status, errorCode);

    public DaprRefusal(RpcException fault)
        : base($"gRPC {fault.StatusCode}: {fault.Status.Detail}", fault) => GrpcStatus = fault.StatusCode;

    public int? HttpStatus { get; }

    public string? ErrorCode { get; }

    public StatusCode? GrpcStatus { get; }

    /// <summary>Fails unless the call is refused as the table of errors has it for its protocol.</summary>
    public static async Task ExpectAsync(Func<Task> call, int httpStatus, string errorCode, StatusCode grpcStatus)
    {
        DaprRefusal refusal = await Assert.ThrowsAsync<DaprRefusal>(call);
        if (refusal.GrpcStatus is { } given) Assert.Equal(grpcStatus, given);
        else Assert.Equal((httpStatus, errorCode), (refusal.HttpStatus, refusal.ErrorCode));
    }
}
