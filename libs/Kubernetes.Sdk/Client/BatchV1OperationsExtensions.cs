using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>The operations as most callers want them: the object alone.</summary>
public static partial class BatchV1OperationsExtensions
{
    public static async Task<V1Job> CreateNamespacedJobAsync(
        this IBatchV1Operations operations, V1Job body, string namespaceParameter, string? dryRun = default, string? fieldManager = default,
        string? fieldValidation = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Job> answer = await operations.CreateNamespacedJobWithHttpMessagesAsync(
            body, namespaceParameter, dryRun, fieldManager, fieldValidation, null, cancellationToken);
        return answer.Body;
    }

    public static async Task<V1Job> ReadNamespacedJobAsync(
        this IBatchV1Operations operations, string name, string namespaceParameter, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Job> answer = await operations.ReadNamespacedJobWithHttpMessagesAsync(name, namespaceParameter, null, cancellationToken);
        return answer.Body;
    }

    public static async Task<V1JobList> ListNamespacedJobAsync(
        this IBatchV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1JobList> answer = await operations.ListNamespacedJobWithHttpMessagesAsync(
            namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, false, null, cancellationToken);
        return answer.Body;
    }

    /// <summary>Changes from a resource version on, until the server ends the stream.</summary>
    public static IAsyncEnumerable<(WatchEventType, V1Job)> WatchListNamespacedJobAsync(
        this IBatchV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, Action<Exception>? onError = null, CancellationToken cancellationToken = default) =>
        WatchStream.ReadAsync<V1Job, V1JobList>(
            operations.ListNamespacedJobWithHttpMessagesAsync(
                namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, true, null, cancellationToken),
            onError, cancellationToken);

    public static async Task<V1Job> PatchNamespacedJobAsync(
        this IBatchV1Operations operations, V1Patch body, string name, string namespaceParameter, string? dryRun = default, string? fieldManager = default,
        CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Job> answer = await operations.PatchNamespacedJobWithHttpMessagesAsync(
            body, name, namespaceParameter, dryRun, fieldManager, null, cancellationToken);
        return answer.Body;
    }

    public static async Task<V1Status> DeleteNamespacedJobAsync(
        this IBatchV1Operations operations, string name, string namespaceParameter, V1DeleteOptions? body = default, int? gracePeriodSeconds = default,
        string? propagationPolicy = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Status> answer = await operations.DeleteNamespacedJobWithHttpMessagesAsync(
            name, namespaceParameter, body, gracePeriodSeconds, propagationPolicy, null, cancellationToken);
        return answer.Body;
    }

    public static async Task<V1Status> DeleteCollectionNamespacedJobAsync(
        this IBatchV1Operations operations, string namespaceParameter, V1DeleteOptions? body = default, string? fieldSelector = default,
        int? gracePeriodSeconds = default, string? labelSelector = default, string? propagationPolicy = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Status> answer = await operations.DeleteCollectionNamespacedJobWithHttpMessagesAsync(
            namespaceParameter, body, fieldSelector, gracePeriodSeconds, labelSelector, propagationPolicy, null, cancellationToken);
        return answer.Body;
    }
}
