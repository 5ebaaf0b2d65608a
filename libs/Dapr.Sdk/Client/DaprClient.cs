using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>
/// Client of the Dapr building blocks. Thread safe; one per process is enough. Faults of the sidecar throw
/// <see cref="DaprException"/> with the gRPC fault inside.
/// </summary>
public abstract class DaprClient : IDisposable
{
    /// <summary>How values become JSON.</summary>
    public abstract JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>An HTTP client that reaches other apps through the sidecar, as <c>http://{appId}/path</c>.</summary>
    public static HttpClient CreateInvokeHttpClient(string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler(daprEndpoint ?? DaprDefaults.HttpEndpoint(), daprApiToken ?? DaprDefaults.ApiToken())
        {
            InnerHandler = new HttpClientHandler(),
            DefaultAppId = appId,
        };
        var client = new HttpClient(handler, disposeHandler: true);
        client.DefaultRequestHeaders.UserAgent.ParseAdd("dapr-sdk-dotnet/1.18.5");
        if (appId is not null) client.BaseAddress = InvokeBase(appId);
        return client;
    }

    /// <summary>Publishes JSON; a <see cref="CloudEvent"/> goes out as the complete envelope.</summary>
    public abstract Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default);

    public abstract Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data.</summary>
    public abstract Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default);

    public abstract Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default);

    /// <summary>Publishes bytes as they are.</summary>
    public abstract Task PublishByteEventAsync(
        string pubsubName,
        string topicName,
        ReadOnlyMemory<byte> data,
        string dataContentType = "application/json",
        Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes several events in one call; some may fail while others go out.</summary>
    public abstract Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName,
        string topicName,
        IReadOnlyList<TValue> events,
        Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Calls an output binding with JSON data.</summary>
    public abstract Task InvokeBindingAsync<TRequest>(
        string bindingName,
        string operation,
        TRequest data,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(
        string bindingName,
        string operation,
        TRequest data,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Calls an output binding with raw bytes.</summary>
    public abstract Task<BindingResponse> InvokeBindingAsync(BindingRequest request, CancellationToken cancellationToken = default);

    /// <summary>A POST to a method of another app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    public HttpRequestMessage CreateInvokeMethodRequest(
        string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, queryStringParameters);

    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName);

    public abstract HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters);

    /// <summary>A POST with a JSON body to a method of another app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters,
        TRequest data);

    /// <summary>An HTTP client for other apps with this client's endpoint and token.</summary>
    public abstract HttpClient CreateInvokableHttpClient(string? appId = null);

    /// <summary>Sends a request made by <c>CreateInvokeMethodRequest</c>; any HTTP status is an answer.</summary>
    /// <exception cref="InvocationException">The sidecar is not there, or broke the connection.</exception>
    /// <exception cref="TaskCanceledException">No answer within the client's timeout, as <see cref="HttpClient"/> has it; the inner exception is a <see cref="TimeoutException"/>.</exception>
    public abstract Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>True when the sidecar and its app are ready; false also when it does not answer within the client's timeout.</summary>
    public abstract Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>True when the sidecar's components are ready, whether or not the app is; false also when it does not answer in time.</summary>
    public abstract Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until the sidecar can be called: as long as that takes, so pass a token with a limit.</summary>
    public abstract Task WaitForSidecarAsync(CancellationToken cancellationToken = default);

    public abstract Task ShutdownSidecarAsync(CancellationToken cancellationToken = default);

    public abstract Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default);

    public abstract Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default);

    /// <summary>Reads JSON; a missing key is the default value.</summary>
    public abstract Task<TValue> GetStateAsync<TValue>(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Reads JSON and the etag, which is empty for a missing key.</summary>
    public abstract Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public async Task<StateEntry<TValue>> GetStateEntryAsync<TValue>(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var (value, etag) = await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken);
        return new StateEntry<TValue>(this, storeName, key, value, etag);
    }

    public abstract Task SaveStateAsync<TValue>(
        string storeName,
        string key,
        TValue value,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>False when the stored etag is another one, or, for first-write without etag, the key exists.</summary>
    public abstract Task<bool> TrySaveStateAsync<TValue>(
        string storeName,
        string key,
        TValue value,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes a key; a missing one is fine.</summary>
    public abstract Task DeleteStateAsync(
        string storeName,
        string key,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<bool> TryDeleteStateAsync(
        string storeName,
        string key,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task SaveByteStateAsync(
        string storeName,
        string key,
        ReadOnlyMemory<byte> binaryValue,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<bool> TrySaveByteStateAsync(
        string storeName,
        string key,
        ReadOnlyMemory<byte> binaryValue,
        string etag,
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Reads bytes; a missing key has none.</summary>
    public abstract Task<ReadOnlyMemory<byte>> GetByteStateAsync(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<(ReadOnlyMemory<byte>, string etag)> GetByteStateAndETagAsync(
        string storeName,
        string key,
        ConsistencyMode? consistencyMode = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName,
        IReadOnlyList<string> keys,
        int? parallelism,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName,
        IReadOnlyList<string> keys,
        int? parallelism,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default);

    public abstract Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default);

    /// <summary>All steps or none. An etag mismatch inside is a plain failure: read again, do not match on the code.</summary>
    public abstract Task ExecuteStateTransactionAsync(
        string storeName,
        IReadOnlyList<StateTransactionRequest> operations,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Asks a store that can be queried; the query is Dapr's JSON.</summary>
    /// <exception cref="StateQueryException{TValue}">Some hits could not be read; the others are inside.</exception>
    public abstract Task<StateQueryResponse<TValue>> QueryStateAsync<TValue>(
        string storeName,
        string jsonQuery,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<Dictionary<string, string>> GetSecretAsync(
        string storeName,
        string key,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Reads keys of a configuration store; none means all.</summary>
    public abstract Task<GetConfigurationResponse> GetConfiguration(
        string storeName,
        IReadOnlyList<string> keys,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    /// <summary>Follows keys of a configuration store until the token fires or the subscription is ended.</summary>
    public abstract Task<SubscribeConfigurationResponse> SubscribeConfiguration(
        string storeName,
        IReadOnlyList<string> keys,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default);

    public abstract Task<UnsubscribeConfigurationResponse> UnsubscribeConfiguration(
        string storeName, string id, CancellationToken cancellationToken = default);

    /// <summary>Takes a lock that ends by itself; does not wait for one that another owner has.</summary>
    /// <param name="expiryInSeconds">At least 1.</param>
    [Experimental(DaprExperiments.DistributedLock, UrlFormat = DaprExperiments.DistributedLockUrl)]
    public abstract Task<TryLockResponse> Lock(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default);

    [Experimental(DaprExperiments.DistributedLock, UrlFormat = DaprExperiments.DistributedLockUrl)]
    public abstract Task<UnlockResponse> Unlock(
        string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    private static Uri InvokeBase(string appId) =>
        Uri.TryCreate($"http://{appId}", UriKind.Absolute, out var uri)
            ? uri
            : throw new ArgumentException($"App id '{appId}' is no host name.", nameof(appId));
}
