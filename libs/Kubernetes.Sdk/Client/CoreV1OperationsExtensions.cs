using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>The operations as most callers want them: the object alone.</summary>
public static partial class CoreV1OperationsExtensions
{
    public static async Task<V1PodList> ListNamespacedPodAsync(
        this ICoreV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1PodList> answer = await operations.ListNamespacedPodWithHttpMessagesAsync(
            namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, false, null, cancellationToken);
        return answer.Body;
    }

    /// <summary>Changes from a resource version on, until the server ends the stream.</summary>
    public static IAsyncEnumerable<(WatchEventType, V1Pod)> WatchListNamespacedPodAsync(
        this ICoreV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, Action<Exception>? onError = null, CancellationToken cancellationToken = default) =>
        WatchStream.ReadAsync<V1Pod, V1PodList>(
            operations.ListNamespacedPodWithHttpMessagesAsync(
                namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, true, null, cancellationToken),
            onError, cancellationToken);

    public static async Task<V1Pod> DeleteNamespacedPodAsync(
        this ICoreV1Operations operations, string name, string namespaceParameter, V1DeleteOptions? body = default, int? gracePeriodSeconds = default,
        string? propagationPolicy = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<V1Pod> answer = await operations.DeleteNamespacedPodWithHttpMessagesAsync(
            name, namespaceParameter, body, gracePeriodSeconds, propagationPolicy, null, cancellationToken);
        return answer.Body;
    }

    /// <summary>The stream is the caller's to dispose of, and the connection with it.</summary>
    public static async Task<Stream> ReadNamespacedPodLogAsync(
        this ICoreV1Operations operations, string name, string namespaceParameter, string? container = default, bool? follow = default,
        int? limitBytes = default, bool? previous = default, int? sinceSeconds = default, int? tailLines = default, bool? timestamps = default,
        CancellationToken cancellationToken = default)
    {
        HttpOperationResponse<Stream> answer = await operations.ReadNamespacedPodLogWithHttpMessagesAsync(
            name, namespaceParameter, container, follow, limitBytes, previous, sinceSeconds, tailLines, timestamps, null, cancellationToken);
        answer.Request.Dispose();
        return answer.Body;
    }

    public static async Task<Corev1EventList> ListNamespacedEventAsync(
        this ICoreV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, CancellationToken cancellationToken = default)
    {
        using HttpOperationResponse<Corev1EventList> answer = await operations.ListNamespacedEventWithHttpMessagesAsync(
            namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, false, null, cancellationToken);
        return answer.Body;
    }

    /// <summary>Changes from a resource version on, until the server ends the stream.</summary>
    public static IAsyncEnumerable<(WatchEventType, Corev1Event)> WatchListNamespacedEventAsync(
        this ICoreV1Operations operations, string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default,
        string? fieldSelector = default, string? labelSelector = default, int? limit = default, string? resourceVersion = default,
        int? timeoutSeconds = default, Action<Exception>? onError = null, CancellationToken cancellationToken = default) =>
        WatchStream.ReadAsync<Corev1Event, Corev1EventList>(
            operations.ListNamespacedEventWithHttpMessagesAsync(
                namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, true, null, cancellationToken),
            onError, cancellationToken);
}
