namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>A namespace of a cluster.</summary>
/// <param name="Name">As callers name it; empty for the only place of a component that names none.</param>
/// <param name="Kubeconfig">Null: the cluster that this process is in, else the usual file.</param>
/// <param name="Context">Null: the current one of the file.</param>
/// <param name="Namespace">Null: that of the context or of the pod, else <c>default</c>.</param>
internal sealed record PlaceSettings(string Name, string? Kubeconfig, string? Context, string? Namespace);
