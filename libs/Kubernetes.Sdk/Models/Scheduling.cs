using System.Text.Json.Serialization;

namespace k8s.Models;

public partial record V1Toleration
{
    public string? Effect { get; set; }
    public string? Key { get; set; }
    [JsonPropertyName("operator")]
    public string? OperatorProperty { get; set; }
    public long? TolerationSeconds { get; set; }
    public string? Value { get; set; }
}

public partial record V1TopologySpreadConstraint
{
    public V1LabelSelector? LabelSelector { get; set; }
    public required int MaxSkew { get; set; }
    public int? MinDomains { get; set; }
    public string? NodeAffinityPolicy { get; set; }
    public string? NodeTaintsPolicy { get; set; }
    public required string TopologyKey { get; set; }
    public required string WhenUnsatisfiable { get; set; }
}

public partial record V1Affinity
{
    public V1NodeAffinity? NodeAffinity { get; set; }
    public V1PodAffinity? PodAffinity { get; set; }
    public V1PodAntiAffinity? PodAntiAffinity { get; set; }
}

public partial record V1NodeAffinity
{
    public IList<V1PreferredSchedulingTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
    public V1NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public partial record V1PreferredSchedulingTerm
{
    public required V1NodeSelectorTerm Preference { get; set; }
    public required int Weight { get; set; }
}

public partial record V1NodeSelector
{
    public required IList<V1NodeSelectorTerm> NodeSelectorTerms { get; set; }
}

public partial record V1NodeSelectorTerm
{
    public IList<V1NodeSelectorRequirement>? MatchExpressions { get; set; }
    public IList<V1NodeSelectorRequirement>? MatchFields { get; set; }
}

public partial record V1NodeSelectorRequirement
{
    public required string Key { get; set; }
    [JsonPropertyName("operator")]
    public required string OperatorProperty { get; set; }
    public IList<string>? Values { get; set; }
}

public partial record V1PodAffinity
{
    public IList<V1WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
    public IList<V1PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public partial record V1PodAntiAffinity
{
    public IList<V1WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
    public IList<V1PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public partial record V1WeightedPodAffinityTerm
{
    public required V1PodAffinityTerm PodAffinityTerm { get; set; }
    public required int Weight { get; set; }
}

public partial record V1PodAffinityTerm
{
    public V1LabelSelector? LabelSelector { get; set; }
    public V1LabelSelector? NamespaceSelector { get; set; }
    public IList<string>? Namespaces { get; set; }
    public required string TopologyKey { get; set; }
}
