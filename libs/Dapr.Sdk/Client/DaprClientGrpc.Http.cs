using System.Net.Http.Json;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    private static readonly TimeSpan ReadinessPoll = TimeSpan.FromMilliseconds(500);

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        IsSuccessAsync("/v1.0/healthz", cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) =>
        IsSuccessAsync("/v1.0/healthz/outbound", cancellationToken);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken)) await Task.Delay(ReadinessPoll, cancellationToken);
    }

    public override Task ShutdownSidecarAsync(CancellationToken cancellationToken = default) =>
        CallAsync("Shutdown", new ShutdownRequest(), Empty.Parser, "Stopping the sidecar", cancellationToken);

    public override async Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(
            "GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser, "Reading metadata", cancellationToken);
        return new DaprMetadata(
            response.Id,
            [.. (response.ActorRuntime?.ActiveActors ?? []).Select(a => new DaprActorMetadata(a.Type, a.Count))],
            new Dictionary<string, string>(response.ExtendedMetadata),
            [.. response.RegisteredComponents.Select(c => new DaprComponentsMetadata(c.Name, c.Type, c.Version, [.. c.Capabilities]))]);
    }

    public override Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(attributeName);
        var request = new SetMetadataRequest { Key = attributeName, Value = attributeValue };
        return CallAsync("SetMetadata", request, Empty.Parser, $"Setting metadata '{attributeName}'", cancellationToken);
    }

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName) =>
        CreateInvokeMethodRequest(httpMethod, appId, methodName, []);

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters)
    {
        ArgumentNullException.ThrowIfNull(httpMethod);
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentNullException.ThrowIfNull(methodName);
        string query = string.Join('&', queryStringParameters.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        if (query.Length > 0) query = (methodName.Contains('?') ? "&" : "?") + query;
        var uri = new Uri($"{httpEndpoint}/v1.0/invoke/{appId}/method/{methodName.TrimStart('/')}{query}");
        return new InvokeRequestMessage(httpMethod, uri, appId, methodName);
    }

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters,
        TRequest data)
    {
        var request = CreateInvokeMethodRequest(httpMethod, appId, methodName, queryStringParameters);
        request.Content = JsonContent.Create(data, options: json);
        return request;
    }

    public override HttpClient CreateInvokableHttpClient(string? appId = null) => CreateInvokeHttpClient(appId, httpEndpoint, apiToken);

    public override async Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request is not InvokeRequestMessage call) throw new InvalidOperationException("Make the request with CreateInvokeMethodRequest.");
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new InvocationException(call.AppId, call.MethodName, e, response: null);
        }
    }

    private async Task<bool> IsSuccessAsync(string path, CancellationToken ct)
    {
        try
        {
            using var response = await http.GetAsync(httpEndpoint + path, ct);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            return false;
        }
    }

    private sealed class InvokeRequestMessage(HttpMethod method, Uri uri, string appId, string methodName) : HttpRequestMessage(method, uri)
    {
        public string AppId => appId;

        public string MethodName => methodName;
    }
}
