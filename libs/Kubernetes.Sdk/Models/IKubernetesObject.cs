namespace k8s;

/// <summary>Anything with a kind.</summary>
public interface IKubernetesObject
{
    string? ApiVersion { get; set; }
    string? Kind { get; set; }
}

/// <summary>Anything with a kind and metadata.</summary>
public interface IKubernetesObject<TMetadata> : IKubernetesObject, Models.IMetadata<TMetadata>
{
}
