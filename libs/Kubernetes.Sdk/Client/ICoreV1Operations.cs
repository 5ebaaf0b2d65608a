using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>Pods, their logs and events. The official package has more optional parameters: name those that you give.</summary>
public partial interface ICoreV1Operations
{
    Task<HttpOperationResponse<V1PodList>> ListNamespacedPodWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default, string? fieldSelector = default,
        string? labelSelector = default, int? limit = default, string? resourceVersion = default, int? timeoutSeconds = default, bool? watch = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<V1Pod>> DeleteNamespacedPodWithHttpMessagesAsync(
        string name, string namespaceParameter, V1DeleteOptions? body = default, int? gracePeriodSeconds = default, string? propagationPolicy = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<Stream>> ReadNamespacedPodLogWithHttpMessagesAsync(
        string name, string namespaceParameter, string? container = default, bool? follow = default, int? limitBytes = default, bool? previous = default,
        int? sinceSeconds = default, int? tailLines = default, bool? timestamps = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);

    Task<HttpOperationResponse<Corev1EventList>> ListNamespacedEventWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks = default, string? continueParameter = default, string? fieldSelector = default,
        string? labelSelector = default, int? limit = default, string? resourceVersion = default, int? timeoutSeconds = default, bool? watch = default,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders = null, CancellationToken cancellationToken = default);
}
