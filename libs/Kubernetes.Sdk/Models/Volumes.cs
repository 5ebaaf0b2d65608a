using System.Text.Json.Serialization;

namespace k8s.Models;

public partial record V1Volume
{
    public V1ConfigMapVolumeSource? ConfigMap { get; set; }
    public V1CSIVolumeSource? Csi { get; set; }
    public V1EmptyDirVolumeSource? EmptyDir { get; set; }
    public V1HostPathVolumeSource? HostPath { get; set; }
    public required string Name { get; set; }
    public V1NFSVolumeSource? Nfs { get; set; }
    public V1PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; set; }
    public V1SecretVolumeSource? Secret { get; set; }
}

public partial record V1ConfigMapVolumeSource
{
    public int? DefaultMode { get; set; }
    public IList<V1KeyToPath>? Items { get; set; }
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public partial record V1SecretVolumeSource
{
    public int? DefaultMode { get; set; }
    public IList<V1KeyToPath>? Items { get; set; }
    public bool? Optional { get; set; }
    public string? SecretName { get; set; }
}

public partial record V1KeyToPath
{
    public required string Key { get; set; }
    public int? Mode { get; set; }
    public required string Path { get; set; }
}

public partial record V1CSIVolumeSource
{
    public required string Driver { get; set; }
    public string? FsType { get; set; }
    [JsonPropertyName("readOnly")]
    public bool? ReadOnlyProperty { get; set; }
    public IDictionary<string, string>? VolumeAttributes { get; set; }
}

public partial record V1EmptyDirVolumeSource
{
    public string? Medium { get; set; }
    public ResourceQuantity? SizeLimit { get; set; }
}

public partial record V1HostPathVolumeSource
{
    public required string Path { get; set; }
    public string? Type { get; set; }
}

public partial record V1NFSVolumeSource
{
    public required string Path { get; set; }
    [JsonPropertyName("readOnly")]
    public bool? ReadOnlyProperty { get; set; }
    public required string Server { get; set; }
}

public partial record V1PersistentVolumeClaimVolumeSource
{
    public required string ClaimName { get; set; }
    [JsonPropertyName("readOnly")]
    public bool? ReadOnlyProperty { get; set; }
}
