namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>Pod statuses as a kubelet writes them.</summary>
internal static class PodStates
{
    public const string Running = """
        {"phase":"Running","hostIP":"10.1.1.1","podIP":"10.2.2.2","startTime":"2026-03-01T10:00:00Z","conditions":[{"type":"PodScheduled","status":"True"}],
         "containerStatuses":[{"name":"worker","image":"r/w:1","imageID":"i","ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-03-01T10:00:05Z"}}}]}
        """;

    public const string Succeeded = """
        {"phase":"Succeeded","containerStatuses":[{"name":"worker","image":"r/w:1","imageID":"i","ready":false,"restartCount":0,
         "state":{"terminated":{"exitCode":0,"reason":"Completed","finishedAt":"2026-03-01T11:00:00Z"}}}]}
        """;

    public const string OutOfMemory = """
        {"phase":"Failed","containerStatuses":[{"name":"worker","image":"r/w:1","imageID":"i","ready":false,"restartCount":0,
         "state":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-03-01T11:00:00Z"}}}]}
        """;

    public const string ImagePullBackOff = """
        {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True"}],
         "containerStatuses":[{"name":"worker","image":"r/w:1","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"r/w:1\""}}}]}
        """;

    public const string SidecarOnly = """
        {"phase":"Running","containerStatuses":[
         {"name":"daprd","image":"d","imageID":"i","ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-03-01T10:00:05Z"}}},
         {"name":"worker","image":"r/w:1","imageID":"i","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":3,"reason":"Error","message":"no event\n","finishedAt":"2026-03-01T11:00:00Z"}}}]}
        """;
}
