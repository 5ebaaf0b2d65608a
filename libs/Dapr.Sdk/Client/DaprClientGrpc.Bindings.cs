using Google.Protobuf;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    public override Task InvokeBindingAsync<TRequest>(
        string bindingName,
        string operation,
        TRequest data,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        InvokeAsync(bindingName, operation, ToBytes(data), metadata, cancellationToken);

    public override async Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(
        string bindingName,
        string operation,
        TRequest data,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var response = await InvokeAsync(bindingName, operation, ToBytes(data), metadata, cancellationToken);
        return FromBytes<TResponse>(response.Data, $"The answer of binding '{bindingName}'");
    }

    public override async Task<BindingResponse> InvokeBindingAsync(BindingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = ByteString.CopyFrom(request.Data.Span);
        var response = await InvokeAsync(request.BindingName, request.Operation, data, request.Metadata, cancellationToken);
        return new BindingResponse(request, response.Data.Memory, new Dictionary<string, string>(response.Metadata));
    }

    public override async Task<Dictionary<string, string>> GetSecretAsync(
        string storeName,
        string key,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new GetSecretRequest { StoreName = storeName, Key = key };
        Copy(metadata, request.Metadata);
        var response = await CallAsync("GetSecret", request, GetSecretResponse.Parser, $"Reading secret '{key}'", cancellationToken);
        return new Dictionary<string, string>(response.Data);
    }

    public override async Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new GetBulkSecretRequest { StoreName = storeName };
        Copy(metadata, request.Metadata);
        var response = await CallAsync("GetBulkSecret", request, GetBulkSecretResponse.Parser, "Reading secrets", cancellationToken);
        return response.Data.ToDictionary(s => s.Key, s => new Dictionary<string, string>(s.Value.Secrets));
    }

    private Task<InvokeBindingResponse> InvokeAsync(
        string bindingName, string operation, ByteString data, IReadOnlyDictionary<string, string>? metadata, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(bindingName);
        ArgumentException.ThrowIfNullOrEmpty(operation);
        var request = new InvokeBindingRequest { Name = bindingName, Operation = operation, Data = data };
        Copy(metadata, request.Metadata);
        return CallAsync("InvokeBinding", request, InvokeBindingResponse.Parser, $"Operation '{operation}' of binding '{bindingName}'", ct);
    }
}
