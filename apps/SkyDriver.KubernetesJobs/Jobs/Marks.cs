namespace SkyDriver.KubernetesJobs.Jobs;

/// <summary>Labels and annotations by which a launcher knows its own Jobs again.</summary>
internal static class Marks
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Launcher = "skydriver-kubernetes-jobs";

    /// <summary>Label; a launcher touches nothing that has another value.</summary>
    public const string Instance = Domain + "instance";

    /// <summary>Label; hash of the scan id.</summary>
    public const string Scan = Domain + "scan";

    /// <summary>Annotation; the scan id itself, which may be longer and freer than a label.</summary>
    public const string ScanId = Domain + "scan-id";

    /// <summary>Annotation; idempotency key of the deployment.</summary>
    public const string Key = Domain + "idempotency-key";

    /// <summary>Annotation; place as the caller named it.</summary>
    public const string Place = Domain + "place";

    /// <summary>Annotation; indexes of workers that were removed one by one. It outlives a crash, and pods of such indexes are ended when they show up.</summary>
    public const string Removed = Domain + "removed";

    /// <summary>Annotation; the Job gave up workers that a quota refused.</summary>
    public const string Shrunk = Domain + "shrunk";

    /// <summary>Set by Kubernetes itself on pods of Indexed Jobs.</summary>
    public const string Index = "batch.kubernetes.io/job-completion-index";
    public const string JobName = "batch.kubernetes.io/job-name";

    private const string Domain = "jobs.skydriver/";

    public static string OfInstance(string instance) => $"{ManagedBy}={Launcher},{Instance}={instance}";

    public static string OfScan(string instance, string scanId) => $"{OfInstance(instance)},{Scan}={Names.Hash(scanId)}";

    public static string OfJob(string instance, string job) => $"{OfInstance(instance)},{JobName}={job}";
}
