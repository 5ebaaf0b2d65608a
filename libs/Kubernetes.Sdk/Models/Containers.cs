using System.Text.Json.Serialization;

namespace k8s.Models;

public partial record V1Container
{
    public IList<string>? Args { get; set; }
    public IList<string>? Command { get; set; }
    public IList<V1EnvVar>? Env { get; set; }
    public IList<V1EnvFromSource>? EnvFrom { get; set; }
    public string? Image { get; set; }
    public string? ImagePullPolicy { get; set; }
    public required string Name { get; set; }
    public IList<V1ContainerPort>? Ports { get; set; }
    public V1ResourceRequirements? Resources { get; set; }
    public string? RestartPolicy { get; set; }
    public V1SecurityContext? SecurityContext { get; set; }
    public string? TerminationMessagePath { get; set; }
    public string? TerminationMessagePolicy { get; set; }
    public IList<V1VolumeMount>? VolumeMounts { get; set; }
    public string? WorkingDir { get; set; }
}

public partial record V1ContainerPort
{
    public required int ContainerPort { get; set; }
    public string? HostIP { get; set; }
    public int? HostPort { get; set; }
    public string? Name { get; set; }
    public string? Protocol { get; set; }
}

public partial record V1EnvVar
{
    public required string Name { get; set; }
    public string? Value { get; set; }
    public V1EnvVarSource? ValueFrom { get; set; }
}

public partial record V1EnvVarSource
{
    public V1ConfigMapKeySelector? ConfigMapKeyRef { get; set; }
    public V1ObjectFieldSelector? FieldRef { get; set; }
    public V1ResourceFieldSelector? ResourceFieldRef { get; set; }
    public V1SecretKeySelector? SecretKeyRef { get; set; }
}

public partial record V1ConfigMapKeySelector
{
    public required string Key { get; set; }
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public partial record V1SecretKeySelector
{
    public required string Key { get; set; }
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public partial record V1ObjectFieldSelector
{
    public string? ApiVersion { get; set; }
    public required string FieldPath { get; set; }
}

public partial record V1ResourceFieldSelector
{
    public string? ContainerName { get; set; }
    public ResourceQuantity? Divisor { get; set; }
    public required string Resource { get; set; }
}

public partial record V1EnvFromSource
{
    public V1ConfigMapEnvSource? ConfigMapRef { get; set; }
    public string? Prefix { get; set; }
    public V1SecretEnvSource? SecretRef { get; set; }
}

public partial record V1ConfigMapEnvSource
{
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public partial record V1SecretEnvSource
{
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public partial record V1ResourceRequirements
{
    public IDictionary<string, ResourceQuantity>? Limits { get; set; }
    public IDictionary<string, ResourceQuantity>? Requests { get; set; }
}

public partial record V1SecurityContext
{
    public bool? AllowPrivilegeEscalation { get; set; }
    public V1Capabilities? Capabilities { get; set; }
    public bool? Privileged { get; set; }
    public string? ProcMount { get; set; }
    public bool? ReadOnlyRootFilesystem { get; set; }
    public long? RunAsGroup { get; set; }
    public bool? RunAsNonRoot { get; set; }
    public long? RunAsUser { get; set; }
    public V1SeccompProfile? SeccompProfile { get; set; }
}

public partial record V1Capabilities
{
    public IList<string>? Add { get; set; }
    public IList<string>? Drop { get; set; }
}

public partial record V1VolumeMount
{
    public required string MountPath { get; set; }
    public string? MountPropagation { get; set; }
    public required string Name { get; set; }
    [JsonPropertyName("readOnly")]
    public bool? ReadOnlyProperty { get; set; }
    public string? SubPath { get; set; }
    public string? SubPathExpr { get; set; }
}
