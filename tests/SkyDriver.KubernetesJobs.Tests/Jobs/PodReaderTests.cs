using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SkyDriver.KubernetesJobs.Operations;
using SkyDriver.KubernetesJobs.Status;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Jobs;

/// <summary>States and their words, from statuses in the form that the kubelet and the scheduler write.</summary>
public sealed class PodReaderTests
{
    private const string Scheduled = """{"type":"PodScheduled","status":"True"}""";

    [Theory]
    [InlineData("""{}""", "pending", null, null)]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"worker","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ContainerCreating"}}}]}""", "pending", null, null)]
    [InlineData("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/9 nodes are available: 9 Insufficient cpu."}]}""", "pending", null, "no node has room for it now (Unschedulable): 0/9 nodes")]
    [InlineData("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}""", "held", null, "gate")]
    [InlineData(PodStates.ImagePullBackOff, "held", null, "the image cannot be pulled (ImagePullBackOff): Back-off pulling")]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"worker","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"x\" not found"}}}]}""", "held", null, "secret \"x\" not found")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"daprd","image":"i","imageID":"","ready":false,"restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""", "held", null, "container daprd: it ends again and again")]
    [InlineData(PodStates.Running, "running", null, null)]
    [InlineData(PodStates.SidecarOnly, "exited", 3, "it ended with exit code 3: no event")]
    [InlineData(PodStates.Succeeded, "exited", 0, null)]
    [InlineData(PodStates.OutOfMemory, "exited", 137, "more memory than its limit of 8Gi (OOMKilled)")]
    [InlineData("""{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}""", "exited", null, "evicted by its node (Evicted): The node was low")]
    [InlineData("""{"phase":"Failed","reason":"DeadlineExceeded","message":"Pod was active on the node longer than the specified deadline"}""", "exited", null, "it ran longer than it was allowed (DeadlineExceeded)")]
    [InlineData("""{"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True","reason":"PreemptionByScheduler","message":"preempting to accommodate a higher priority pod"}]}""", "exited", null, "its node was taken away (PreemptionByScheduler): preempting")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"name":"worker","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":143,"reason":"Error"}}}]}""", "exited", 143, "ended by signal 15 (exit code 143)")]
    [InlineData("""{"phase":"Unknown"}""", "running", null, "its node does not answer")]
    public void Read_Status_HasItsStateAndWords(string status, string state, int? exitCode, string? reason)
    {
        WorkerState read = PodReader.Read(Pod(status));
        Assert.Equal((state, exitCode, "node-1"), (read.Name, read.ExitCode, read.Host));
        if (reason is null) Assert.Null(read.Reason);
        else Assert.Contains(reason, read.Reason);
    }

    [Fact]
    public void Read_PodThatIsBeingDrained_RunsAndSaysSo()
    {
        V1Pod pod = Pod(PodStates.Running.Replace(Scheduled, """{"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","message":"drain"}"""));
        pod.Metadata!.DeletionTimestamp = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(("running", "its node is being taken away (EvictionByEvictionAPI): drain"), (PodReader.Read(pod).Name, PodReader.Read(pod).Reason));
    }

    [Fact]
    public void Read_EndlessMessage_IsCut() =>
        Assert.InRange(PodReader.Read(Pod($$"""{"phase":"Failed","reason":"Evicted","message":"{{new string('x', 100_000)}}"}""")).Reason!.Length, 600, 610);

    [Theory]
    [InlineData("{}", "{}", "pending pending pending", "")]
    [InlineData("""{"completedIndexes":"0","failedIndexes":"2"}""", "{}", "exited pending exited", "0")]
    [InlineData("""{"conditions":[{"type":"Suspended","status":"True"}]}""", """{"suspend":true}""", "held held held", "")]
    [InlineData("""{"conditions":[{"type":"Failed","status":"True","reason":"DeadlineExceeded","message":"Job was active longer than specified deadline"}]}""", "{}", "exited exited exited", "")]
    public void Workers_WithoutPods_FollowTheJob(string status, string spec, string states, string exitCodes)
    {
        WorkerInfo[] workers = Workers(status, spec);
        Assert.Equal(states, string.Join(' ', workers.Select(w => w.State)));
        Assert.Equal(exitCodes, string.Join(' ', workers.Select(w => w.ExitCode).OfType<int>()));
        if (status.Contains("DeadlineExceeded")) Assert.All(workers, w => Assert.Contains("the Job ended (DeadlineExceeded): Job was active", w.Reason));
    }

    [Fact]
    public void Workers_SeveralStartsOfOne_ShowsTheOneThatGoesOn()
    {
        PodFact dead = Fact("a", 10, PodStates.OutOfMemory), alive = Fact("b", 5, PodStates.Running), older = Fact("c", 1, PodStates.OutOfMemory);
        Assert.Same(alive, WorkerReader.Current([dead, alive, older]));
        Assert.Same(dead, WorkerReader.Current([older, dead]));
        // With retries, an end that Kubernetes has not counted is not the end.
        Assert.Equal("pending", Workers("{}", """{"backoffLimitPerIndex":2}""", dead)[0].State);
        Assert.Equal("exited", Workers("""{"failedIndexes":"0"}""", """{"backoffLimitPerIndex":2}""", dead)[0].State);
        Assert.Equal("exited", Workers("{}", "{}", dead)[0].State);
    }

    [Fact]
    public void Job_WithoutOurMarks_IsNotOurs() => Assert.Null(JobFact.Of(KubernetesJson.Deserialize<V1Job>("""{"metadata":{"name":"x","annotations":{}},"spec":{"completions":3,"template":{}}}""")));

    [Fact]
    public void Job_AbsurdCount_CostsNoMemory() =>
        Assert.Equal(100_000, Job("{}", """{"completions":2147483647}""", "0-2147483647").Count);

    private static WorkerInfo[] Workers(string status, string spec, params PodFact[] pods) =>
        [.. WorkerReader.Workers(Job(status, spec), pods.ToLookup(p => (p.Job, p.Index)), new Dictionary<string, RefusalFact>())];

    private static JobFact Job(string status, string spec, string removed = "")
    {
        JsonObject fields = JsonNode.Parse(spec)!.AsObject();
        fields["template"] = new JsonObject();
        fields["completions"] ??= 3;
        V1Job job = new()
        {
            Metadata = new() { Name = "job", Uid = "u", Annotations = new Dictionary<string, string> { ["jobs.skydriver/scan-id"] = "s", ["jobs.skydriver/idempotency-key"] = "k", ["jobs.skydriver/removed"] = removed } },
            Spec = KubernetesJson.Deserialize<V1JobSpec>(fields.ToJsonString()),
            Status = KubernetesJson.Deserialize<V1JobStatus>(status),
        };
        return JobFact.Of(job)!;
    }

    private static PodFact Fact(string name, int minute, string status)
    {
        V1Pod pod = Pod(status);
        (pod.Metadata!.Name, pod.Metadata.CreationTimestamp) = (name, new DateTime(2026, 3, 1, 0, minute, 0, DateTimeKind.Utc));
        return PodFact.Of(pod)!;
    }

    private static V1Pod Pod(string status) => new()
    {
        Metadata = new()
        {
            Name = "p",
            CreationTimestamp = new DateTime(2026, 3, 1, 9, 0, 0, DateTimeKind.Utc),
            Labels = new Dictionary<string, string> { ["batch.kubernetes.io/job-name"] = "job" },
            Annotations = new Dictionary<string, string> { ["batch.kubernetes.io/job-completion-index"] = "0" },
        },
        Spec = new() { NodeName = "node-1", Containers = [new() { Name = "worker", Resources = new() { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("8Gi") } } }] },
        Status = KubernetesJson.Deserialize<V1PodStatus>(status),
    };
}
