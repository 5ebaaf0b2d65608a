using k8s;
using k8s.Models;

namespace SkyDriver.KubernetesJobs.Cluster;

/// <summary>A page of a list.</summary>
/// <param name="Next">What to ask the next page with; null on the last.</param>
/// <param name="Version">Of the list, where a watch goes on.</param>
internal sealed record ObjectPage<T>(IList<T> Items, string? Next, string? Version);

/// <summary>Lists and watches one kind of object of a namespace.</summary>
internal sealed record ObjectSource<T>(
    string What,
    Func<string?, CancellationToken, Task<ObjectPage<T>>> List,
    Func<string, Action<Exception>, CancellationToken, IAsyncEnumerable<(WatchEventType, T)>> Watch)
    where T : IKubernetesObject<V1ObjectMeta>;

/// <summary>The objects that a launcher keeps an eye on.</summary>
internal static class ObjectSources
{
    private const int PageSize = 500;

    /// <summary>The server ends a watch after this; it is then opened anew, so that one on a broken way does not live for ever.</summary>
    public static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(300);

    private static int WatchSeconds => (int)WatchTime.TotalSeconds;

    public static ObjectSource<V1Job> Jobs(IKubernetes client, string inNamespace, string selector) => new(
        "Jobs",
        async (next, ct) =>
        {
            V1JobList list = await client.BatchV1.ListNamespacedJobAsync(inNamespace, labelSelector: selector, limit: PageSize, continueParameter: next, cancellationToken: ct);
            return new(list.Items, Given(list.Metadata?.ContinueProperty), list.Metadata?.ResourceVersion);
        },
        (version, onError, ct) => client.BatchV1.WatchListNamespacedJobAsync(
            inNamespace, labelSelector: selector, resourceVersion: version, allowWatchBookmarks: true, timeoutSeconds: WatchSeconds, onError: onError, cancellationToken: ct));

    public static ObjectSource<V1Pod> Pods(IKubernetes client, string inNamespace, string selector) => new(
        "Pods",
        async (next, ct) =>
        {
            V1PodList list = await client.CoreV1.ListNamespacedPodAsync(inNamespace, labelSelector: selector, limit: PageSize, continueParameter: next, cancellationToken: ct);
            return new(list.Items, Given(list.Metadata?.ContinueProperty), list.Metadata?.ResourceVersion);
        },
        (version, onError, ct) => client.CoreV1.WatchListNamespacedPodAsync(
            inNamespace, labelSelector: selector, resourceVersion: version, allowWatchBookmarks: true, timeoutSeconds: WatchSeconds, onError: onError, cancellationToken: ct));

    /// <summary>Events of Jobs whose pods could not be made. Events have no labels: those of other Jobs are passed over later.</summary>
    public static ObjectSource<Corev1Event> Refusals(IKubernetes client, string inNamespace)
    {
        const string Selector = "involvedObject.kind=Job,reason=FailedCreate";
        return new(
            "Events",
            async (next, ct) =>
            {
                Corev1EventList list = await client.CoreV1.ListNamespacedEventAsync(inNamespace, fieldSelector: Selector, limit: PageSize, continueParameter: next, cancellationToken: ct);
                return new(list.Items, Given(list.Metadata?.ContinueProperty), list.Metadata?.ResourceVersion);
            },
            (version, onError, ct) => client.CoreV1.WatchListNamespacedEventAsync(
                inNamespace, fieldSelector: Selector, resourceVersion: version, allowWatchBookmarks: true, timeoutSeconds: WatchSeconds, onError: onError, cancellationToken: ct));
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
