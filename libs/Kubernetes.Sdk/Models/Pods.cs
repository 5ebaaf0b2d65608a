namespace k8s.Models;

public partial record V1Pod : IKubernetesObject<V1ObjectMeta>
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta? Metadata { get; set; }
    public V1PodSpec? Spec { get; set; }
    public V1PodStatus? Status { get; set; }
}

public partial record V1PodList : IKubernetesObject<V1ListMeta>
{
    public string? ApiVersion { get; set; }
    public required IList<V1Pod> Items { get; set; }
    public string? Kind { get; set; }
    public V1ListMeta? Metadata { get; set; }
}

public partial record V1PodTemplateSpec
{
    public V1ObjectMeta? Metadata { get; set; }
    public V1PodSpec? Spec { get; set; }
}

public partial record V1PodSpec
{
    public long? ActiveDeadlineSeconds { get; set; }
    public V1Affinity? Affinity { get; set; }
    public bool? AutomountServiceAccountToken { get; set; }
    public required IList<V1Container> Containers { get; set; }
    public V1PodDNSConfig? DnsConfig { get; set; }
    public string? DnsPolicy { get; set; }
    public bool? EnableServiceLinks { get; set; }
    public IList<V1HostAlias>? HostAliases { get; set; }
    public bool? HostIPC { get; set; }
    public bool? HostNetwork { get; set; }
    public bool? HostPID { get; set; }
    public string? Hostname { get; set; }
    public IList<V1LocalObjectReference>? ImagePullSecrets { get; set; }
    public IList<V1Container>? InitContainers { get; set; }
    public string? NodeName { get; set; }
    public IDictionary<string, string>? NodeSelector { get; set; }
    public string? PreemptionPolicy { get; set; }
    public int? Priority { get; set; }
    public string? PriorityClassName { get; set; }
    public string? RestartPolicy { get; set; }
    public string? RuntimeClassName { get; set; }
    public string? SchedulerName { get; set; }
    public V1PodSecurityContext? SecurityContext { get; set; }
    public string? ServiceAccountName { get; set; }
    public bool? ShareProcessNamespace { get; set; }
    public string? Subdomain { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
    public IList<V1Toleration>? Tolerations { get; set; }
    public IList<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }
    public IList<V1Volume>? Volumes { get; set; }
}

public partial record V1PodDNSConfig
{
    public IList<string>? Nameservers { get; set; }
    public IList<V1PodDNSConfigOption>? Options { get; set; }
    public IList<string>? Searches { get; set; }
}

public partial record V1PodDNSConfigOption
{
    public string? Name { get; set; }
    public string? Value { get; set; }
}

public partial record V1HostAlias
{
    public IList<string>? Hostnames { get; set; }
    public required string Ip { get; set; }
}

public partial record V1PodSecurityContext
{
    public long? FsGroup { get; set; }
    public string? FsGroupChangePolicy { get; set; }
    public long? RunAsGroup { get; set; }
    public bool? RunAsNonRoot { get; set; }
    public long? RunAsUser { get; set; }
    public V1SeccompProfile? SeccompProfile { get; set; }
    public IList<long>? SupplementalGroups { get; set; }
}

public partial record V1SeccompProfile
{
    public string? LocalhostProfile { get; set; }
    public required string Type { get; set; }
}

public partial record V1PodStatus
{
    public IList<V1PodCondition>? Conditions { get; set; }
    public IList<V1ContainerStatus>? ContainerStatuses { get; set; }
    public string? HostIP { get; set; }
    public IList<V1ContainerStatus>? InitContainerStatuses { get; set; }
    public string? Message { get; set; }
    public string? NominatedNodeName { get; set; }
    public string? Phase { get; set; }
    public string? PodIP { get; set; }
    public string? QosClass { get; set; }
    public string? Reason { get; set; }
    public DateTime? StartTime { get; set; }
}

public partial record V1PodCondition
{
    public DateTime? LastProbeTime { get; set; }
    public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    public required string Status { get; set; }
    public required string Type { get; set; }
}

public partial record V1ContainerStatus
{
    public string? ContainerID { get; set; }
    public required string Image { get; set; }
    public required string ImageID { get; set; }
    public V1ContainerState? LastState { get; set; }
    public required string Name { get; set; }
    public required bool Ready { get; set; }
    public required int RestartCount { get; set; }
    public bool? Started { get; set; }
    public V1ContainerState? State { get; set; }
}

public partial record V1ContainerState
{
    public V1ContainerStateRunning? Running { get; set; }
    public V1ContainerStateTerminated? Terminated { get; set; }
    public V1ContainerStateWaiting? Waiting { get; set; }
}

public partial record V1ContainerStateRunning
{
    public DateTime? StartedAt { get; set; }
}

public partial record V1ContainerStateTerminated
{
    public string? ContainerID { get; set; }
    public required int ExitCode { get; set; }
    public DateTime? FinishedAt { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    public int? Signal { get; set; }
    public DateTime? StartedAt { get; set; }
}

public partial record V1ContainerStateWaiting
{
    public string? Message { get; set; }
    public string? Reason { get; set; }
}
