using System.Text.Json.Serialization;

namespace k8s.Models;

/// <summary>Of every list: where a watch goes on, and how to get the next page.</summary>
public partial record V1ListMeta
{
    [JsonPropertyName("continue")]
    public string? ContinueProperty { get; set; }
    public long? RemainingItemCount { get; set; }
    public string? ResourceVersion { get; set; }
    public string? SelfLink { get; set; }
}

/// <summary>Names, labels and history of an object.</summary>
public partial record V1ObjectMeta
{
    public IDictionary<string, string>? Annotations { get; set; }
    public DateTime? CreationTimestamp { get; set; }
    public long? DeletionGracePeriodSeconds { get; set; }
    public DateTime? DeletionTimestamp { get; set; }
    public IList<string>? Finalizers { get; set; }
    public string? GenerateName { get; set; }
    public long? Generation { get; set; }
    public IDictionary<string, string>? Labels { get; set; }
    public string? Name { get; set; }
    [JsonPropertyName("namespace")]
    public string? NamespaceProperty { get; set; }
    public IList<V1OwnerReference>? OwnerReferences { get; set; }
    public string? ResourceVersion { get; set; }
    public string? SelfLink { get; set; }
    public string? Uid { get; set; }
}

public partial record V1OwnerReference
{
    public required string ApiVersion { get; set; }
    public bool? BlockOwnerDeletion { get; set; }
    public bool? Controller { get; set; }
    public required string Kind { get; set; }
    public required string Name { get; set; }
    public required string Uid { get; set; }
}

public partial record V1LabelSelector
{
    public IList<V1LabelSelectorRequirement>? MatchExpressions { get; set; }
    public IDictionary<string, string>? MatchLabels { get; set; }
}

public partial record V1LabelSelectorRequirement
{
    public required string Key { get; set; }
    [JsonPropertyName("operator")]
    public required string OperatorProperty { get; set; }
    public IList<string>? Values { get; set; }
}

public partial record V1ObjectReference
{
    public string? ApiVersion { get; set; }
    public string? FieldPath { get; set; }
    public string? Kind { get; set; }
    public string? Name { get; set; }
    [JsonPropertyName("namespace")]
    public string? NamespaceProperty { get; set; }
    public string? ResourceVersion { get; set; }
    public string? Uid { get; set; }
}

public partial record V1LocalObjectReference
{
    public string? Name { get; set; }
}

public partial record V1DeleteOptions
{
    public string? ApiVersion { get; set; }
    public IList<string>? DryRun { get; set; }
    public long? GracePeriodSeconds { get; set; }
    public string? Kind { get; set; }
    public bool? OrphanDependents { get; set; }
    public V1Preconditions? Preconditions { get; set; }
    public string? PropagationPolicy { get; set; }
}

public partial record V1Preconditions
{
    public string? ResourceVersion { get; set; }
    public string? Uid { get; set; }
}

/// <summary>What the API answers where it does not answer with an object.</summary>
public partial record V1Status : IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public int? Code { get; set; }
    public V1StatusDetails? Details { get; set; }
    public string? Kind { get; set; }
    public string? Message { get; set; }
    public V1ListMeta? Metadata { get; set; }
    public string? Reason { get; set; }
    /// <summary>Success or Failure; null where the answer to a deletion is the object itself, as while finalizers hold it.</summary>
    [JsonConverter(typeof(StatusText))]
    public string? Status { get; set; }
}

public partial record V1StatusDetails
{
    public IList<V1StatusCause>? Causes { get; set; }
    public string? Group { get; set; }
    public string? Kind { get; set; }
    public string? Name { get; set; }
    /// <summary>Seconds to wait before asking again.</summary>
    public int? RetryAfterSeconds { get; set; }
    public string? Uid { get; set; }
}

public partial record V1StatusCause
{
    public string? Field { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
}
