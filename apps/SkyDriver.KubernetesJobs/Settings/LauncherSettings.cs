using k8s.Models;

namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>Metadata of the component. Texts have been judged: names are names, quantities quantities.</summary>
internal sealed record LauncherSettings
{
    /// <summary>Tells the Jobs of this launcher from those of others in the same namespaces.</summary>
    public required string Instance { get; init; }

    public required IReadOnlyList<PlaceSettings> Places { get; init; }

    public required PodSettings Pod { get; init; }

    /// <summary>Workers at once that are pending or running, over all scans and places.</summary>
    public int MaxWorkers { get; init; }

    /// <summary>Starts of one worker beyond the first, after it failed by itself.</summary>
    public int Retries { get; init; }

    /// <summary>A worker whose node is taken away is started anew under the same id.</summary>
    public bool ReplacesDisrupted { get; init; }

    /// <summary>How long Kubernetes keeps Jobs that have ended, and so their workers in lists and their logs.</summary>
    public TimeSpan KeepFinished { get; init; }

    /// <summary>A Job is ended after this, whatever it does: no worker outlives a service that forgot it.</summary>
    public TimeSpan MaxLifetime { get; init; }

    /// <summary>How long a deployment waits to see whether a quota lets its pods in.</summary>
    public TimeSpan AdmissionWait { get; init; }

    /// <summary>For one call of the API, with all its repeats.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>Lists fail when the API has not been heard of for so long: an old picture would make workers look lost.</summary>
    public TimeSpan StaleAfter { get; init; }
}

/// <summary>What every pod of a worker has.</summary>
internal sealed record PodSettings
{
    /// <summary>What deployments are written over; null for an empty one.</summary>
    public V1PodTemplateSpec? Template { get; init; }

    public required string Image { get; init; }

    /// <summary>Images that a deployment may ask for begin with one of these; null: only other tags of <see cref="Image"/>.</summary>
    public IReadOnlyList<string>? AllowedImages { get; init; }

    /// <summary>Program and arguments; empty: what the image starts.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public required ResourceQuantity Cpus { get; init; }

    public required ResourceQuantity Memory { get; init; }

    public required ResourceQuantity Disk { get; init; }

    /// <summary>Longest run of one worker where a deployment says nothing; null: no end of its own.</summary>
    public TimeSpan? MaxRunTime { get; init; }

    /// <summary>From SIGTERM to SIGKILL.</summary>
    public TimeSpan StopTimeout { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Such as those that make Dapr inject a sidecar.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<V1Toleration> Tolerations { get; init; } = [];

    public IReadOnlyList<string> ImagePullSecrets { get; init; } = [];

    /// <summary>Secrets whose entries all become variables.</summary>
    public IReadOnlyList<string> EnvFrom { get; init; } = [];

    /// <summary>Variable to secret and entry.</summary>
    public IReadOnlyDictionary<string, (string Secret, string Key)> SecretEnv { get; init; } = new Dictionary<string, (string, string)>();

    public string? ServiceAccount { get; init; }

    /// <summary>By least priority of a deployment, largest first.</summary>
    public IReadOnlyList<(int Least, string Name)> PriorityClasses { get; init; } = [];

    public long? RunAsUser { get; init; }

    public bool HasWritableRoot { get; init; }
}
