using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using SkyDriver.Grpc;

namespace Dapr.Client;

/// <summary>The client over the sidecar's gRPC port; health and invocation use its HTTP port.</summary>
internal sealed partial class DaprClientGrpc(
    GrpcConnection grpc, HttpClient http, string httpEndpoint, string? apiToken, JsonSerializerOptions json) : DaprClient
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";

    public override JsonSerializerOptions JsonSerializerOptions => json;

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        grpc.Dispose();
        http.Dispose();
    }

    private async Task<TResponse> CallAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, string what, CancellationToken ct)
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            return await grpc.UnaryAsync(Service + method, request, parser, ct: ct);
        }
        catch (RpcException e)
        {
            throw Failed(what, e);
        }
    }

    private static DaprException Failed(string what, RpcException cause) =>
        new($"{what} failed: {cause.StatusCode}, {cause.Status.Detail}", cause);

    /// <summary>Null has no bytes at all: that is how Dapr tells it from the JSON literal.</summary>
    private ByteString ToBytes<T>(T value) =>
        value is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value, json));

    private T FromBytes<T>(ByteString bytes, string what)
    {
        if (bytes.IsEmpty) return default!;
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, json)!;
        }
        catch (JsonException e)
        {
            throw new DaprException($"{what} cannot be read as {typeof(T).Name}: {e.Message}", e);
        }
    }

    private static void Copy(IReadOnlyDictionary<string, string>? source, MapField<string, string> target)
    {
        if (source is null) return;
        foreach (var (key, value) in source) target[key] = value;
    }
}
