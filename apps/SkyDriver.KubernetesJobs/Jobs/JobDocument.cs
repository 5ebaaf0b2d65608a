using System.Globalization;
using k8s;
using k8s.Models;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Settings;

namespace SkyDriver.KubernetesJobs.Jobs;

/// <summary>The one Indexed Job that a deployment becomes. Pure: the same deployment and settings give the same document.</summary>
internal static class JobDocument
{
    private const string IndexVariable = "JOB_COMPLETION_INDEX";
    private const string WorkerIdVariable = "SKYDRIVER_WORKER_ID";

    /// <param name="request">Judged before.</param>
    /// <param name="count">Workers that there is room for; at most what the request asks for.</param>
    public static V1Job Create(string name, int count, DeployRequest request, string image, LauncherSettings settings)
    {
        Dictionary<string, string> labels = new(settings.Pod.Labels)
        {
            [Marks.ManagedBy] = Marks.Launcher,
            [Marks.Instance] = settings.Instance,
            [Marks.Scan] = Names.Hash(request.ScanId),
        };
        Dictionary<string, string> annotations = new() { [Marks.ScanId] = request.ScanId, [Marks.Key] = request.IdempotencyKey };
        if (request.Place is { } place) annotations[Marks.Place] = place;
        return new()
        {
            ApiVersion = $"{V1Job.KubeGroup}/{V1Job.KubeApiVersion}",
            Kind = V1Job.KubeKind,
            Metadata = new() { Name = name, Labels = labels, Annotations = annotations },
            Spec = new()
            {
                Completions = count,
                Parallelism = count,
                CompletionMode = "Indexed",
                // Each worker has its own count of failures: one that fails does not end the others.
                BackoffLimitPerIndex = settings.Retries,
                PodReplacementPolicy = "Failed",
                PodFailurePolicy = new() { Rules = [WhenDisrupted(settings)] },
                ActiveDeadlineSeconds = Seconds(settings.MaxLifetime),
                TtlSecondsAfterFinished = (int)Seconds(settings.KeepFinished),
                Template = Pod(name, request, image, labels, settings.Pod),
            },
        };
    }

    private static V1PodFailurePolicyRule WhenDisrupted(LauncherSettings settings) => new()
    {
        Action = settings.ReplacesDisrupted ? "Ignore" : "FailIndex",
        OnPodConditions = [new() { Type = "DisruptionTarget", Status = "True" }],
    };

    private static V1PodTemplateSpec Pod(string job, DeployRequest request, string image, Dictionary<string, string> labels, PodSettings settings)
    {
        // A copy: the template serves many deployments.
        V1PodTemplateSpec pod = settings.Template is { } template ? KubernetesJson.Deserialize<V1PodTemplateSpec>(KubernetesJson.Serialize(template)) : new();
        pod.Metadata ??= new();
        pod.Metadata.Labels = Over(pod.Metadata.Labels, labels);
        pod.Metadata.Annotations = Over(pod.Metadata.Annotations, settings.Annotations);
        V1Container worker = TemplateRules.Worker(pod) ?? new() { Name = TemplateRules.Container };
        V1PodSpec spec = pod.Spec ??= new() { Containers = [worker] };
        Confine(spec, settings);
        Place(spec, request.Resources?.Priority, settings);
        spec.RestartPolicy = "Never";
        spec.TerminationGracePeriodSeconds = Seconds(settings.StopTimeout);
        spec.ActiveDeadlineSeconds = request.Resources?.MaxRunSeconds ?? (settings.MaxRunTime is { } run ? Seconds(run) : spec.ActiveDeadlineSeconds);
        foreach (V1Container container in spec.Containers.Concat(spec.InitContainers ?? [])) Confine(container, settings);
        Fill(worker, job, request, image, settings);
        return pod;
    }

    private static void Fill(V1Container worker, string job, DeployRequest request, string image, PodSettings settings)
    {
        worker.Image = image;
        if (settings.Command.Count > 0) (worker.Command, worker.Args) = ([.. settings.Command], null);
        worker.Resources = Resources(request.Resources, settings);
        worker.EnvFrom = Joined(worker.EnvFrom, settings.EnvFrom.Select(s => new V1EnvFromSource { SecretRef = new() { Name = s } }));
        worker.Env = Variables(job, request.Env ?? [], worker.Env ?? [], settings);
        bool hasOwnTmp = settings.HasWritableRoot || worker.VolumeMounts?.Any(m => m.MountPath == "/tmp") is true;
        worker.VolumeMounts = Joined(worker.VolumeMounts, hasOwnTmp ? [] : [new V1VolumeMount { Name = TemplateRules.TemporaryVolume, MountPath = "/tmp" }]);
        // The last lines of a worker that failed are its reason where it left none.
        worker.TerminationMessagePolicy ??= "FallbackToLogsOnError";
    }

    /// <summary>The launcher's own variables win over the deployment's, those over settings, those over the template's; each name stands once.</summary>
    private static List<V1EnvVar> Variables(string job, Dictionary<string, string> given, IEnumerable<V1EnvVar> template, PodSettings settings)
    {
        // The index stands first: a value can only mention variables before it.
        List<V1EnvVar> all =
        [
            new() { Name = IndexVariable, ValueFrom = new() { FieldRef = new() { FieldPath = $"metadata.annotations['{Marks.Index}']" } } },
            new() { Name = WorkerIdVariable, Value = $"{job}-$({IndexVariable})" },
            .. given.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => new V1EnvVar { Name = e.Key, Value = Literal(e.Value) }),
            .. settings.SecretEnv.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => new V1EnvVar { Name = e.Key, ValueFrom = new() { SecretKeyRef = new() { Name = e.Value.Secret, Key = e.Value.Key } } }),
            .. template,
        ];
        return [.. all.DistinctBy(v => v.Name)];
    }

    /// <summary>Kubernetes puts other variables, secrets among them, in for <c>$(NAME)</c>; a caller's text stays as it is.</summary>
    private static string Literal(string value) => value.Replace("$", "$$", StringComparison.Ordinal);

    private static V1ResourceRequirements Resources(ResourceRequest? wanted, PodSettings settings)
    {
        Dictionary<string, ResourceQuantity> amounts = new()
        {
            ["cpu"] = wanted?.Cpus is { } cpus ? Quantity(cpus) : settings.Cpus,
            ["memory"] = wanted?.MemoryBytes is { } memory ? Quantity(memory) : settings.Memory,
            ["ephemeral-storage"] = wanted?.DiskBytes is { } disk ? Quantity(disk) : settings.Disk,
        };
        // Limits as requests: a worker that takes more than it asked for would harm its neighbours.
        return new() { Requests = amounts, Limits = new Dictionary<string, ResourceQuantity>(amounts) };
    }

    private static ResourceQuantity Quantity(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    private static void Place(V1PodSpec spec, int? priority, PodSettings settings)
    {
        if (settings.NodeSelector.Count > 0) spec.NodeSelector = Over(spec.NodeSelector, settings.NodeSelector);
        spec.Tolerations = Joined(spec.Tolerations, settings.Tolerations);
        spec.ImagePullSecrets = Joined(spec.ImagePullSecrets, settings.ImagePullSecrets.Select(s => new V1LocalObjectReference { Name = s }));
        spec.PriorityClassName = settings.PriorityClasses.Where(c => (priority ?? 0) >= c.Least).Select(c => c.Name).FirstOrDefault() ?? spec.PriorityClassName;
    }

    /// <summary>The pod's part of the restricted profile of Pod Security Standards.</summary>
    private static void Confine(V1PodSpec spec, PodSettings settings)
    {
        spec.SecurityContext ??= new();
        spec.SecurityContext.RunAsNonRoot = true;
        spec.SecurityContext.RunAsUser = settings.RunAsUser ?? spec.SecurityContext.RunAsUser;
        spec.SecurityContext.SeccompProfile ??= new() { Type = "RuntimeDefault" };
        spec.ServiceAccountName = settings.ServiceAccount ?? spec.ServiceAccountName;
        // A worker has no business with the API of the cluster, nor needs a list of its services.
        spec.AutomountServiceAccountToken = false;
        spec.EnableServiceLinks = false;
        if (!settings.HasWritableRoot) spec.Volumes = Joined(spec.Volumes, [new V1Volume { Name = TemplateRules.TemporaryVolume, EmptyDir = new() }]);
    }

    private static void Confine(V1Container container, PodSettings settings)
    {
        container.SecurityContext ??= new();
        container.SecurityContext.AllowPrivilegeEscalation = false;
        container.SecurityContext.Capabilities = new() { Drop = ["ALL"] };
        if (container.Name == TemplateRules.Container) container.SecurityContext.ReadOnlyRootFilesystem = !settings.HasWritableRoot;
    }

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    private static List<T>? Joined<T>(IEnumerable<T>? first, IEnumerable<T> second)
    {
        List<T> all = [.. first ?? [], .. second];
        return all.Count > 0 ? all : null;
    }

    private static Dictionary<string, string>? Over(IDictionary<string, string>? under, IReadOnlyDictionary<string, string> over)
    {
        Dictionary<string, string> all = new(under ?? new Dictionary<string, string>());
        foreach ((string key, string value) in over) all[key] = value;
        return all.Count > 0 ? all : null;
    }
}
