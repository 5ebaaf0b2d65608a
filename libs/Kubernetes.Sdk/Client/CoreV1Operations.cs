using k8s.Autorest;
using k8s.Models;

namespace k8s;

internal sealed class CoreV1Operations(Kubernetes client) : ICoreV1Operations
{
    private const string Root = "api/v1/namespaces";

    public Task<HttpOperationResponse<V1PodList>> ListNamespacedPodWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks, string? continueParameter, string? fieldSelector, string? labelSelector, int? limit,
        string? resourceVersion, int? timeoutSeconds, bool? watch, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1PodList>(
            List("pods", namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, watch, customHeaders),
            cancellationToken);

    public Task<HttpOperationResponse<V1Pod>> DeleteNamespacedPodWithHttpMessagesAsync(
        string name, string namespaceParameter, V1DeleteOptions? body, int? gracePeriodSeconds, string? propagationPolicy,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Pod>(
            new ApiRequest(HttpMethod.Delete, Root, namespaceParameter, "pods", name) { Body = body, Headers = customHeaders }
                .Add("gracePeriodSeconds", gracePeriodSeconds).Add("propagationPolicy", propagationPolicy),
            cancellationToken);

    public Task<HttpOperationResponse<Stream>> ReadNamespacedPodLogWithHttpMessagesAsync(
        string name, string namespaceParameter, string? container, bool? follow, int? limitBytes, bool? previous, int? sinceSeconds, int? tailLines,
        bool? timestamps, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.StreamAsync(
            new ApiRequest(HttpMethod.Get, Root, namespaceParameter, "pods", name, "log") { Headers = customHeaders }
                .Add("container", container).Add("follow", follow).Add("limitBytes", limitBytes).Add("previous", previous)
                .Add("sinceSeconds", sinceSeconds).Add("tailLines", tailLines).Add("timestamps", timestamps),
            cancellationToken);

    public Task<HttpOperationResponse<Corev1EventList>> ListNamespacedEventWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks, string? continueParameter, string? fieldSelector, string? labelSelector, int? limit,
        string? resourceVersion, int? timeoutSeconds, bool? watch, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<Corev1EventList>(
            List("events", namespaceParameter, allowWatchBookmarks, continueParameter, fieldSelector, labelSelector, limit, resourceVersion, timeoutSeconds, watch, customHeaders),
            cancellationToken);

    private static ApiRequest List(
        string kind, string namespaceParameter, bool? bookmarks, string? continueParameter, string? fields, string? labels, int? limit,
        string? resourceVersion, int? timeoutSeconds, bool? watch, IReadOnlyDictionary<string, IReadOnlyList<string>>? headers) =>
        new ApiRequest(HttpMethod.Get, Root, namespaceParameter, kind) { Headers = headers }
            .Add("allowWatchBookmarks", bookmarks).Add("continue", continueParameter).Add("fieldSelector", fields).Add("labelSelector", labels)
            .Add("limit", limit).Add("resourceVersion", resourceVersion).Add("timeoutSeconds", timeoutSeconds).Watch(watch);
}
