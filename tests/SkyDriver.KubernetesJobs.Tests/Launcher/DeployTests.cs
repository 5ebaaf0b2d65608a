using System.Text.Json.Nodes;
using SkyDriver.Components;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

public sealed class DeployTests
{
    [Fact]
    public async Task Deploy_ThreeWorkers_IsOneIndexedJob()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, string? denied) = await launcher.DeployAsync(3);
        Assert.Null(denied);
        JsonObject job = Assert.Single(launcher.Cluster.With(c => c.Jobs));
        Assert.Equal(Enumerable.Range(0, 3).Select(i => $"{FakeController.Name(job)}-{i}"), ids);
        Assert.Equal((3, 3, "Indexed"), (job["spec"]!["completions"]!.GetValue<int>(), job["spec"]!["parallelism"]!.GetValue<int>(), job["spec"]!["completionMode"]!.GetValue<string>()));
        Assert.Equal(ids, (await launcher.ListAsync()).Select(w => w.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Deploy_TwoThousandWorkers_IsOneRequest()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("maxWorkers", "5000"));
        (string[] ids, string? denied) = await launcher.DeployAsync(2000);
        Assert.Equal((2000, null), (ids.Distinct().Count(), denied));
        Assert.Single(launcher.Cluster.Requests, r => r.Method == "POST");
        Assert.Equal(ids.Order(), (await launcher.ListAsync()).Select(w => w.GetProperty("id").GetString()).Order());
        Assert.Equal(2000, await launcher.RemoveAsync("""{"scan_id": "scan1"}"""));
        Assert.Empty(await launcher.ListAsync());
    }

    [Fact]
    public async Task Deploy_SameKeyAgain_AnswersWithTheFirstWorkers()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] first, _) = await launcher.DeployAsync(3);
        // Also when the repeat asks for another number.
        Assert.Equal(first, (await launcher.DeployAsync(5)).Ids);
        Assert.Equal(4, first.Union((await launcher.DeployAsync(1, key: "more")).Ids).Count());
        Assert.Equal(2, launcher.Cluster.With(c => c.Jobs.Length));
    }

    [Fact]
    public async Task Deploy_ManyAtOnceWithOneKey_MakesOneJob()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => launcher.DeployAsync(2)));
        Assert.Single(answers.Select(a => string.Join(' ', a.Ids)).Distinct());
        Assert.Single(launcher.Cluster.With(c => c.Jobs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deploy_ConnectionLost_IsRepeatedAndMakesOneJob(bool isDone)
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.DropOnce("POST", "/jobs", isDone);
        (string[] ids, string? denied) = await launcher.DeployAsync(2);
        Assert.Equal((2, null), (ids.Length, denied));
        Assert.Single(launcher.Cluster.With(c => c.Jobs));
    }

    [Theory]
    [InlineData(429, "0")]
    [InlineData(500, null)]
    [InlineData(503, "1")]
    [InlineData(504, null)]
    public async Task Deploy_ServerIsBusyForAMoment_IsRepeated(int status, string? retryAfter)
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.FailOnce("POST", "/jobs", status, retryAfter);
        Assert.Equal(2, (await launcher.DeployAsync(2)).Ids.Length);
    }

    [Fact]
    public async Task Deploy_ServerAsksForALongWait_IsDeniedForNow()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.FailOnce("POST", "/jobs", 429, "3600", "too many requests");
        (string[] ids, string? denied) = await launcher.DeployAsync(2);
        Assert.Empty(ids);
        Assert.StartsWith("unavailable: ", denied);
        Assert.Contains("too many requests", denied);
        Assert.Equal(2, (await launcher.DeployAsync(2)).Ids.Length);
    }

    [Fact]
    public async Task Deploy_OutcomeIsUnknown_FailsAndAsksForTheSameKey()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.FailOnce("POST", "/jobs", 504, "3600", "etcd timed out");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync(2));
        Assert.Equal(ComponentFault.Unavailable, fault.Fault);
        Assert.Contains("same idempotency_key", fault.Message);
    }

    [Fact]
    public async Task Deploy_QuotaOnJobs_IsDenied()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.With(c => c.JobQuota = 0);
        (string[] ids, string? denied) = await launcher.DeployAsync(2);
        Assert.Empty(ids);
        Assert.StartsWith("quota: ", denied);
        Assert.Contains("exceeded quota: team", denied);
        launcher.Cluster.With(c => c.JobQuota = 5);
        Assert.Equal(2, (await launcher.DeployAsync(2)).Ids.Length);
    }

    [Fact]
    public async Task Deploy_QuotaOnPods_KeepsThoseThatFitAndSaysSo()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.With(c => c.PodQuota = 2);
        (string[] ids, string? denied) = await launcher.DeployAsync(5);
        Assert.Equal(2, ids.Length);
        Assert.StartsWith("quota: ", denied);
        // The Job has given up the rest: room that comes later must not start workers that nobody knows of.
        launcher.Cluster.With(c =>
        {
            c.PodQuota = 100;
            c.ReconcileAll();
        });
        Assert.Equal(2, launcher.Cluster.With(c => c.Pods.Length));
        Assert.Equal(ids, (await launcher.DeployAsync(5)).Ids);
        Assert.Equal(3, (await launcher.DeployAsync(3, key: "more")).Ids.Length);
    }

    [Fact]
    public async Task Deploy_QuotaOnPodsHasNoRoom_LeavesNothingBehind()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.With(c => c.PodQuota = 0);
        (string[] ids, string? denied) = await launcher.DeployAsync(5);
        Assert.Empty(ids);
        Assert.StartsWith("quota: ", denied);
        Assert.Empty(launcher.Cluster.With(c => c.Jobs));
        Assert.Empty(await launcher.ListAsync());
        launcher.Cluster.With(c => c.PodQuota = 9);
        Assert.Equal(5, (await launcher.DeployAsync(5)).Ids.Length);
    }

    [Fact]
    public async Task Deploy_QuotaOnAnOldServer_LeavesTheRestWaitingWithTheReason()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.With(c => (c.PodQuota, c.IsElastic) = (1, false));
        (string[] ids, string? denied) = await launcher.DeployAsync(2);
        Assert.Equal((2, null), (ids.Length, denied));
        Assert.Contains("the quota of the namespace", (await launcher.ListAsync())[1].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Deploy_LimitOfTheLauncher_StartsWhatFits()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("maxWorkers", "3"));
        (string[] ids, string? denied) = await launcher.DeployAsync(2_000_000_000);
        Assert.Equal(3, ids.Length);
        Assert.Contains("maxWorkers", denied);
        Assert.Empty((await launcher.DeployAsync(1, key: "more")).Ids);
        // What was started before is still found.
        Assert.Equal(ids, (await launcher.DeployAsync(3)).Ids);
        Assert.Equal(3, await launcher.RemoveAsync("""{"scan_id": "scan1"}"""));
        Assert.Single((await launcher.DeployAsync(1, key: "more")).Ids);
    }

    [Fact]
    public async Task Deploy_NameIsTakenByAnother_IsRefused()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, _) = await launcher.DeployAsync(1);
        launcher.Cluster.With(c => c.Jobs[0]["metadata"]!["annotations"]!["jobs.skydriver/scan-id"] = "another");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync(1));
        Assert.Equal(ComponentFault.FailedPrecondition, fault.Fault);
        Assert.Contains(ids[0][..^2], fault.Message);
    }

    [Fact]
    public async Task Deploy_RightsAreMissing_SaysWhatToDo()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.FailOnce("POST", "/jobs", 403, message: "User \"launcher\" cannot create resource \"jobs\"");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync(1));
        Assert.Equal(ComponentFault.PermissionDenied, fault.Fault);
        Assert.Contains("cannot create resource", fault.Message);
    }

    [Fact]
    public async Task Deploy_EventsMayNotBeRead_WorksWithoutThem()
    {
        FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Denied["events list"] = true;
        await using TestLauncher launcher = await TestLauncher.StartAsync(cluster, ("admissionWait", "0.2s"));
        cluster.With(c => c.PodQuota = 1);
        Assert.Equal(2, (await launcher.DeployAsync(2)).Ids.Length);
        await launcher.SeesAsync("pending pending");
    }

    [Fact]
    public async Task Deploy_OnePlaceIsAway_WorksAtTheOther()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kube-away-");
        string away = TestLauncher.Kubeconfig(folder.FullName, new Uri("http://127.0.0.1:1"));
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("places", $$"""{"sub-2": {}, "sub-3": {"kubeconfig": "{{away}}"} }"""), ("requestTimeout", "1s"));
        folder.Delete(recursive: true);
        Assert.Single((await launcher.DeployAsync(1, more: """, "place": "sub-2" """)).Ids);
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync(1, more: """, "place": "sub-3" """));
        Assert.Equal(ComponentFault.Unavailable, fault.Fault);
        Assert.Contains("'sub-3'", fault.Message);
    }

    [Fact]
    public async Task Deploy_SeveralFaults_SaysAllAtOnce()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("places", """{"sub-2": {}, "sub-3": {}}"""));
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.InvokeAsync("deploy", """
            {"scan_id": "", "count": 0, "idempotency_key": " ", "place": "sub-9", "env": {"A=B": "c", "D": null, "E": "x\u0000"},
             "resources": {"cpus": 0, "memory_bytes": 5, "disk_bytes": 0, "max_run_seconds": 0, "image": "evil.example.org/x:1"}}
            """));
        Assert.Equal(ComponentFault.InvalidRequest, fault.Fault);
        Assert.All("scan_id;idempotency_key;count is 0;'A=B';'D';'E';cpus;memory_bytes;disk_bytes;max_run_seconds;evil.example.org;sub-2, sub-3".Split(';'), part => Assert.Contains(part, fault.Message));
        Assert.DoesNotContain(launcher.Cluster.Requests, r => r.Method == "POST");
    }

    [Fact]
    public async Task Deploy_HostileTexts_ReachTheClusterUnchangedAndHarmless()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("secretEnv", """{"TOKEN": "broker/token"}"""));
        string scan = "../../secrets?x=1,y!=2 \u202e'\\\"", value = "$(TOKEN) $$(TOKEN) $HOME \n\"}";
        string data = System.Text.Json.JsonSerializer.Serialize(new { scan_id = scan, count = 1, idempotency_key = "k,a=b", env = new { TOKEN = "mine", OTHER = value, SKYDRIVER_WORKER_ID = "forged" } });
        string id = (await launcher.InvokeAsync("deploy", data)).GetProperty("workers")[0].GetString()!;
        JsonObject job = Assert.Single(launcher.Cluster.With(c => c.Jobs));
        Assert.Equal(scan, job["metadata"]!["annotations"]!["jobs.skydriver/scan-id"]!.GetValue<string>());
        Dictionary<string, string?> env = job["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray().ToDictionary(v => v!["name"]!.GetValue<string>(), v => v!["value"]?.GetValue<string>());
        Assert.Equal((value.Replace("$", "$$"), "mine", $"{id[..^2]}-$(JOB_COMPLETION_INDEX)"), (env["OTHER"], env["TOKEN"], env["SKYDRIVER_WORKER_ID"]));
        string asked = System.Text.Json.JsonSerializer.Serialize(new { scan_id = scan });
        Assert.Equal(id, Assert.Single(await launcher.ListAsync(asked)).GetProperty("id").GetString());
        Assert.Equal(1, await launcher.RemoveAsync(asked));
    }

    [Fact]
    public async Task Deploy_TwoPlaces_GoesToTheOneThatIsNamed()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("places", """{"sub-2": {"context": "here", "namespace": "scans"}, "sub-3": {"namespace": "other"}}"""));
        launcher.Cluster.With(c => c.Namespaces.Add("other"));
        (string[] second, _) = await launcher.DeployAsync(1, more: """, "place": "sub-3" """);
        (string[] first, _) = await launcher.DeployAsync(1, more: """, "place": "sub-2" """);
        Assert.Equal(["scans", "other"], launcher.Cluster.With(c => c.Jobs.Select(j => j["metadata"]!["namespace"]!.GetValue<string>())).OrderDescending());
        Assert.Equal([("sub-2", first[0]), ("sub-3", second[0])], (await launcher.ListAsync()).Select(w => (w.GetProperty("place").GetString()!, w.GetProperty("id").GetString()!)));
        Assert.Equal([second[0]], (await launcher.ListAsync("""{"place": "sub-3"}""")).Select(w => w.GetProperty("id").GetString()));
        Assert.Equal(0, (await launcher.InvokeAsync("list")).GetProperty("unreachable").GetArrayLength());
        ComponentException unknown = await Assert.ThrowsAsync<ComponentException>(() => launcher.ListAsync("""{"place": "sub-4"}"""));
        Assert.Contains("place is 'sub-4'; use one of: sub-2, sub-3", unknown.Message);
        Assert.Equal(1, await launcher.RemoveAsync($$"""{"ids": ["{{second[0]}}"]}"""));
        Assert.Single(await launcher.ListAsync());
    }
}
