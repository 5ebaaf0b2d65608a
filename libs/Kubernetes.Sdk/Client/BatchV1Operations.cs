using k8s.Autorest;
using k8s.Models;

namespace k8s;

internal sealed class BatchV1Operations(Kubernetes client) : IBatchV1Operations
{
    private const string Root = "apis/batch/v1/namespaces";

    public Task<HttpOperationResponse<V1Job>> CreateNamespacedJobWithHttpMessagesAsync(
        V1Job body, string namespaceParameter, string? dryRun, string? fieldManager, string? fieldValidation,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Job>(
            Request(HttpMethod.Post, customHeaders, body, namespaceParameter, "jobs").Add("dryRun", dryRun).Add("fieldManager", fieldManager).Add("fieldValidation", fieldValidation),
            cancellationToken);

    public Task<HttpOperationResponse<V1Job>> ReadNamespacedJobWithHttpMessagesAsync(
        string name, string namespaceParameter, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Job>(Request(HttpMethod.Get, customHeaders, null, namespaceParameter, "jobs", name), cancellationToken);

    public Task<HttpOperationResponse<V1JobList>> ListNamespacedJobWithHttpMessagesAsync(
        string namespaceParameter, bool? allowWatchBookmarks, string? continueParameter, string? fieldSelector, string? labelSelector, int? limit,
        string? resourceVersion, int? timeoutSeconds, bool? watch, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1JobList>(
            Request(HttpMethod.Get, customHeaders, null, namespaceParameter, "jobs")
                .Add("allowWatchBookmarks", allowWatchBookmarks).Add("continue", continueParameter).Add("fieldSelector", fieldSelector).Add("labelSelector", labelSelector)
                .Add("limit", limit).Add("resourceVersion", resourceVersion).Add("timeoutSeconds", timeoutSeconds).Watch(watch),
            cancellationToken);

    public Task<HttpOperationResponse<V1Job>> PatchNamespacedJobWithHttpMessagesAsync(
        V1Patch body, string name, string namespaceParameter, string? dryRun, string? fieldManager,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Job>(
            Request(HttpMethod.Patch, customHeaders, body, namespaceParameter, "jobs", name).Add("dryRun", dryRun).Add("fieldManager", fieldManager), cancellationToken);

    public Task<HttpOperationResponse<V1Status>> DeleteNamespacedJobWithHttpMessagesAsync(
        string name, string namespaceParameter, V1DeleteOptions? body, int? gracePeriodSeconds, string? propagationPolicy,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Status>(
            Request(HttpMethod.Delete, customHeaders, body, namespaceParameter, "jobs", name)
                .Add("gracePeriodSeconds", gracePeriodSeconds).Add("propagationPolicy", propagationPolicy),
            cancellationToken);

    public Task<HttpOperationResponse<V1Status>> DeleteCollectionNamespacedJobWithHttpMessagesAsync(
        string namespaceParameter, V1DeleteOptions? body, string? fieldSelector, int? gracePeriodSeconds, string? labelSelector, string? propagationPolicy,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, CancellationToken cancellationToken) =>
        client.SendAsync<V1Status>(
            Request(HttpMethod.Delete, customHeaders, body, namespaceParameter, "jobs")
                .Add("fieldSelector", fieldSelector).Add("gracePeriodSeconds", gracePeriodSeconds).Add("labelSelector", labelSelector).Add("propagationPolicy", propagationPolicy),
            cancellationToken);

    private static ApiRequest Request(HttpMethod method, IReadOnlyDictionary<string, IReadOnlyList<string>>? headers, object? body, params string[] segments) =>
        new(method, Root, segments) { Body = body, Headers = headers };
}
