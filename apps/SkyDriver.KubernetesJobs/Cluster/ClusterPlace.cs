using System.Globalization;
using k8s;
using k8s.Exceptions;
using k8s.Models;
using SkyDriver.KubernetesJobs.Jobs;
using SkyDriver.KubernetesJobs.Settings;
using SkyDriver.KubernetesJobs.Status;

namespace SkyDriver.KubernetesJobs.Cluster;

/// <summary>One namespace of a cluster: its API, and a picture of the launcher's own Jobs and pods there.</summary>
internal sealed class ClusterPlace : IAsyncDisposable
{
    private const string DefaultNamespace = "default";
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(500);

    private readonly IKubernetes _client;
    private readonly string _instance;
    private readonly ApiCalls _calls;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly ObjectCache<Corev1Event, RefusalFact> _refusals;
    private readonly Task _watching;

    private ClusterPlace(string name, IKubernetes client, string inNamespace, string instance, TimeProvider clock, ILogger logger)
    {
        (Name, _client, Namespace, _instance, _clock, _calls) = (name, client, inNamespace, instance, clock, new(clock));
        string own = Marks.OfInstance(instance);
        Jobs = new(ObjectSources.Jobs(client, inNamespace, own), JobFact.Of, clock, logger);
        Pods = new(ObjectSources.Pods(client, inNamespace, own), PodFact.Of, clock, logger);
        _refusals = new(ObjectSources.Refusals(client, inNamespace), RefusalFact.Of, clock, logger);
        _watching = Task.WhenAll(Jobs.RunAsync(_stop.Token), Pods.RunAsync(_stop.Token), _refusals.RunAsync(_stop.Token), EndRemovedAsync(_stop.Token));
    }

    /// <summary>As callers name it; empty for the only one.</summary>
    public string Name { get; }

    public string Namespace { get; }

    public ObjectCache<V1Job, JobFact> Jobs { get; }

    public ObjectCache<V1Pod, PodFact> Pods { get; }

    /// <summary>For each call of the API.</summary>
    public TimeSpan Budget { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Why pods of Jobs were refused last, by the Job's uid. Without the right to read events there are none.</summary>
    public Dictionary<string, RefusalFact> Refusals
    {
        get
        {
            Dictionary<string, RefusalFact> found = [];
            foreach (RefusalFact refusal in _refusals.Facts.OrderBy(r => r.IsQuota)) found[refusal.JobUid] = refusal;
            return found;
        }
    }

    /// <summary>Completes with the next change of anything; taken before looking.</summary>
    public Task NextChange => Task.WhenAny(Jobs.NextChange, Pods.NextChange, _refusals.NextChange);

    /// <summary>Reads the credentials and begins to watch; nothing is waited for.</summary>
    /// <exception cref="KubeConfigException">The cluster cannot be told from the settings.</exception>
    public static ClusterPlace Open(PlaceSettings settings, string instance, TimeProvider clock, ILogger logger)
    {
        KubernetesClientConfiguration config = Configuration(settings);
        string inNamespace = settings.Namespace ?? (string.IsNullOrWhiteSpace(config.Namespace) ? DefaultNamespace : config.Namespace.Trim());
        // HTTP/2 pings and pooled connections are the client's; a whole answer is bounded by the caller of each request.
        return new(settings.Name, new Kubernetes(config), inNamespace, instance, clock, logger);
    }

    public Task<V1Job> CreateAsync(V1Job job, CancellationToken ct) =>
        SendAsync(c => _client.BatchV1.CreateNamespacedJobAsync(job, Namespace, fieldValidation: "Strict", cancellationToken: c), ct);

    public Task<V1Job> ReadAsync(string job, CancellationToken ct) =>
        SendAsync(c => _client.BatchV1.ReadNamespacedJobAsync(job, Namespace, cancellationToken: c), ct);

    /// <summary>The launcher's Jobs as the API has them now, of one scan or all.</summary>
    public async Task<List<V1Job>> ListJobsAsync(string? scanId, CancellationToken ct)
    {
        ObjectSource<V1Job> source = ObjectSources.Jobs(_client, Namespace, scanId is null ? Marks.OfInstance(_instance) : Marks.OfScan(_instance, scanId));
        return await ListAsync(source, ct);
    }

    /// <summary>The pods of a Job as the API has them now.</summary>
    public Task<List<V1Pod>> ListPodsAsync(string job, CancellationToken ct) => ListAsync(ObjectSources.Pods(_client, Namespace, Marks.OfJob(_instance, job)), ct);

    public Task<V1Job> PatchAsync(string job, object change, CancellationToken ct) =>
        SendAsync(c => _client.BatchV1.PatchNamespacedJobAsync(new V1Patch(KubernetesJson.Serialize(change), V1Patch.PatchType.MergePatch), job, Namespace, cancellationToken: c), ct);

    /// <summary>Ends a Job with its pods. One that is gone, or has made room for another of its name, is no fault.</summary>
    public async Task DeleteAsync(string job, string uid, CancellationToken ct)
    {
        V1DeleteOptions options = new() { PropagationPolicy = "Background", Preconditions = new() { Uid = uid } };
        await IgnoreAsync(SendAsync(c => _client.BatchV1.DeleteNamespacedJobAsync(job, Namespace, body: options, cancellationToken: c), ct), ApiFaultKind.NotFound, ApiFaultKind.Conflict);
        Jobs.Drop([job]);
    }

    /// <summary>Ends all Jobs of a scan, in one request.</summary>
    public async Task DeleteScanAsync(string scanId, IEnumerable<string> jobs, CancellationToken ct)
    {
        await SendAsync(c => _client.BatchV1.DeleteCollectionNamespacedJobAsync(Namespace, labelSelector: Marks.OfScan(_instance, scanId), propagationPolicy: "Background", cancellationToken: c), ct);
        Jobs.Drop(jobs);
    }

    public Task DeletePodAsync(string pod, CancellationToken ct) =>
        IgnoreAsync(SendAsync(c => _client.CoreV1.DeleteNamespacedPodAsync(pod, Namespace, cancellationToken: c), ct), ApiFaultKind.NotFound, ApiFaultKind.Conflict);

    /// <param name="lines">From the end.</param>
    /// <param name="bytes">Most that the API sends.</param>
    public Task<Stream> ReadLogAsync(string pod, int lines, int bytes, CancellationToken ct) =>
        SendAsync(c => _client.CoreV1.ReadNamespacedPodLogAsync(pod, Namespace, container: TemplateRules.Container, tailLines: lines, limitBytes: bytes, cancellationToken: c), ct);

    /// <summary>Waits until both pictures are there; they may be old.</summary>
    /// <exception cref="ApiFault">They are not, in the time of one call, or nothing was heard for longer than allowed.</exception>
    public async Task UsableAsync(TimeSpan staleAfter, CancellationToken ct)
    {
        using CancellationTokenSource limit = new(Budget, _clock);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        while (true)
        {
            Task change = Task.WhenAny(Jobs.NextChange, Pods.NextChange);
            if (Jobs.IsSynced && Pods.IsSynced) break;
            try
            {
                await change.WaitAsync(both.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw Silent(Jobs.Failing ?? Pods.Failing);
            }
        }

        foreach (var failing in new[] { Jobs.Failing, Pods.Failing })
        {
            if (failing is { } silence && _clock.GetUtcNow() - silence.Since > staleAfter) throw Silent(failing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _stop.Dispose();
    }

    private static KubernetesClientConfiguration Configuration(PlaceSettings settings)
    {
        if (settings.Kubeconfig is not null || settings.Context is not null) return KubernetesClientConfiguration.BuildConfigFromConfigFile(settings.Kubeconfig, settings.Context);
        return KubernetesClientConfiguration.IsInCluster() ? KubernetesClientConfiguration.InClusterConfig() : KubernetesClientConfiguration.BuildDefaultConfig();
    }

    private static ApiFault Silent((DateTimeOffset Since, string Reason)? failing) => new(
        ApiFaultKind.Unreachable, failing is { } since ? string.Create(CultureInfo.InvariantCulture, $"nothing was heard of the API since {since.Since:u}: {since.Reason}") : "the API has not answered yet", null, null);

    private static async Task<List<T>> AllAsync<T>(ObjectSource<T> source, CancellationToken ct)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        List<T> all = [];
        string? next = null;
        do
        {
            ObjectPage<T> page = await source.List(next, ct);
            all.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        return all;
    }

    private static async Task IgnoreAsync<T>(Task<T> call, params ApiFaultKind[] harmless)
    {
        try
        {
            await call;
        }
        catch (ApiFault fault) when (harmless.Contains(fault.Kind))
        {
            // It is as it should be already.
        }
    }

    private Task<List<T>> ListAsync<T>(ObjectSource<T> source, CancellationToken ct)
        where T : IKubernetesObject<V1ObjectMeta> => SendAsync(c => AllAsync(source, c), ct);

    private Task<T> SendAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken ct) => _calls.SendAsync(call, Budget, ct);

    /// <summary>Ends pods of workers that were removed one by one: such as those that a quota let in only afterwards, or that a crash left over.</summary>
    private async Task EndRemovedAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            Task change = Task.WhenAny(Jobs.NextChange, Pods.NextChange);
            foreach (PodFact pod in Pods.Facts.Where(p => !p.IsEnding && p.State.Name != WorkerState.Exited && Jobs.Find(p.Job) is { Removed: { Count: > 0 } removed } && removed.Contains(p.Index)).ToArray())
            {
                try
                {
                    await DeletePodAsync(pod.Name, ct);
                }
                catch (Exception) when (!ct.IsCancellationRequested)
                {
                    // Tried again below.
                }
            }

            await change.WaitAsync(SweepPause, _clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Thousands of pods change at once when they start; one look is enough for many of them.
            await Task.Delay(Calm, _clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
