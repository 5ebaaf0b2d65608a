namespace k8s;

/// <summary>The part that all objects share.</summary>
public class KubernetesObject : IKubernetesObject
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }
}
