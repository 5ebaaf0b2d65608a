using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>Jobs. The official package has more optional parameters: name those that you give.</summary>
public partial interface IBatchV1Operations
{
    Task<HttpOperationResponse<V1Job>> CreateNamespacedJobWithHttpMessagesAsync(
        V1Job body, string namespaceParameter, string? dryRun = default, string? fieldManager = default, string? fieldValidation = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1Job>> ReadNamespacedJobWithHttpMessagesAsync(
        string name, string namespaceParameter, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1JobList>> ListNamespacedJobWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default, string? fieldSelector = default,
        string? labelSelector = default, int? limit = default, string? resourceVersion = default, int? timeoutSeconds = default, bool? watch = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1Job>> PatchNamespacedJobWithHttpMessagesAsync(
        V1Patch body, string name, string namespaceParameter, string? dryRun = default, string? fieldManager = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1Status>> DeleteNamespacedJobWithHttpMessagesAsync(
        string name, string namespaceParameter, V1DeleteOptions? body = default, int? gracePeriodSeconds = default, string? propagationPolicy = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1Status>> DeleteCollectionNamespacedJobWithHttpMessagesAsync(
        string namespaceParameter, V1DeleteOptions? body = default, string? fieldSelector = default, int? gracePeriodSeconds = default,
        string? labelSelector = default, string? propagationPolicy = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);
}
