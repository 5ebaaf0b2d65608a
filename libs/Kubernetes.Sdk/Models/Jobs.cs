using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace k8s.Models;

public partial record V1Job : IKubernetesObject<V1ObjectMeta>
{
    public const string KubeApiVersion = "v1";
    public const string KubeKind = "Job";
    public const string KubeGroup = "batch";

    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta? Metadata { get; set; }
    public V1JobSpec? Spec { get; set; }
    public V1JobStatus? Status { get; set; }
}

public partial record V1JobList : IKubernetesObject<V1ListMeta>
{
    public string? ApiVersion { get; set; }
    public required IList<V1Job> Items { get; set; }
    public string? Kind { get; set; }
    public V1ListMeta? Metadata { get; set; }
}

public partial record V1JobSpec
{
    public long? ActiveDeadlineSeconds { get; set; }
    public int? BackoffLimit { get; set; }
    public int? BackoffLimitPerIndex { get; set; }
    public string? CompletionMode { get; set; }
    public int? Completions { get; set; }
    public string? ManagedBy { get; set; }
    public bool? ManualSelector { get; set; }
    public int? MaxFailedIndexes { get; set; }
    public int? Parallelism { get; set; }
    public V1PodFailurePolicy? PodFailurePolicy { get; set; }
    public string? PodReplacementPolicy { get; set; }
    public V1LabelSelector? Selector { get; set; }
    public bool? Suspend { get; set; }
    public required V1PodTemplateSpec Template { get; set; }
    public int? TtlSecondsAfterFinished { get; set; }
}

public partial record V1PodFailurePolicy
{
    public required IList<V1PodFailurePolicyRule> Rules { get; set; }
}

public partial record V1PodFailurePolicyRule
{
    public required string Action { get; set; }
    public V1PodFailurePolicyOnExitCodesRequirement? OnExitCodes { get; set; }
    public IList<V1PodFailurePolicyOnPodConditionsPattern>? OnPodConditions { get; set; }
}

public partial record V1PodFailurePolicyOnExitCodesRequirement
{
    public string? ContainerName { get; set; }
    [JsonPropertyName("operator")]
    public required string OperatorProperty { get; set; }
    public required IList<int> Values { get; set; }
}

public partial record V1PodFailurePolicyOnPodConditionsPattern
{
    public string? Status { get; set; }
    public required string Type { get; set; }
}

public partial record V1JobStatus
{
    public int? Active { get; set; }
    /// <summary>Indexes that succeeded, such as <c>1,3-5,7</c>.</summary>
    public string? CompletedIndexes { get; set; }
    public DateTime? CompletionTime { get; set; }
    public IList<V1JobCondition>? Conditions { get; set; }
    public int? Failed { get; set; }
    /// <summary>Indexes that were given up, in the same form.</summary>
    public string? FailedIndexes { get; set; }
    public int? Ready { get; set; }
    public DateTime? StartTime { get; set; }
    public int? Succeeded { get; set; }
    public int? Terminating { get; set; }
}

public partial record V1JobCondition
{
    public DateTime? LastProbeTime { get; set; }
    public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    public required string Status { get; set; }
    public required string Type { get; set; }
}

/// <summary>An event as <c>kubectl describe</c> shows it.</summary>
public partial record Corev1Event : IKubernetesObject<V1ObjectMeta>
{
    public string? ApiVersion { get; set; }
    public int? Count { get; set; }
    public DateTime? EventTime { get; set; }
    public DateTime? FirstTimestamp { get; set; }
    public required V1ObjectReference InvolvedObject { get; set; }
    public string? Kind { get; set; }
    public DateTime? LastTimestamp { get; set; }
    public string? Message { get; set; }
    [AllowNull]
    public required V1ObjectMeta Metadata { get; set; }
    public string? Reason { get; set; }
    public string? Type { get; set; }
}

public partial record Corev1EventList : IKubernetesObject<V1ListMeta>
{
    public string? ApiVersion { get; set; }
    public required IList<Corev1Event> Items { get; set; }
    public string? Kind { get; set; }
    public V1ListMeta? Metadata { get; set; }
}
