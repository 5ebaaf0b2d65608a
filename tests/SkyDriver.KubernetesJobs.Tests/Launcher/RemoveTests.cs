using SkyDriver.Components;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

public sealed class RemoveTests
{
    [Fact]
    public async Task Remove_Scan_EndsItsJobsInOneRequest()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(2);
        await launcher.DeployAsync(1, key: "more");
        await launcher.DeployAsync(1, scan: "scan2");
        Assert.Equal(3, await launcher.RemoveAsync("""{"scan_id": "scan1"}"""));
        Assert.Single(launcher.Cluster.Requests, r => r.Method == "DELETE");
        Assert.Single(launcher.Cluster.With(c => c.Jobs));
        Assert.Single(launcher.Cluster.With(c => c.Pods));
        Assert.Single(await launcher.ListAsync());
        Assert.Equal(0, await launcher.RemoveAsync("""{"scan_id": "scan1"}"""));
    }

    [Fact]
    public async Task Remove_OneWorkerOfThree_EndsItAndItDoesNotComeBack()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, _) = await launcher.DeployAsync(3);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        Assert.Equal(1, await launcher.RemoveAsync($$"""{"ids": ["{{ids[1]}}", "{{ids[1]}}", "never-was-7", "../x"]}"""));
        await launcher.SeesAsync("running running");
        Assert.Equal([ids[0], ids[2]], (await launcher.ListAsync()).Select(w => w.GetProperty("id").GetString()));
        Assert.Equal([0, 2], launcher.Cluster.With(c => c.Pods.Select(FakeController.Index)));
        Assert.Equal(0, await launcher.RemoveAsync($$"""{"ids": ["{{ids[1]}}"]}"""));
        // The last ones take the Job with them.
        Assert.Equal(2, await launcher.RemoveAsync($$"""{"ids": ["{{ids[0]}}", "{{ids[2]}}"]}"""));
        Assert.Empty(launcher.Cluster.With(c => c.Jobs));
    }

    [Fact]
    public async Task Remove_WorkerWhosePodComesLater_EndsThatToo()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("admissionWait", "0s"));
        launcher.Cluster.With(c => c.MakesPods = false);
        (string[] ids, _) = await launcher.DeployAsync(3);
        Assert.Equal(1, await launcher.RemoveAsync($$"""{"ids": ["{{ids[2]}}"]}"""));
        launcher.Cluster.With(c =>
        {
            c.MakesPods = true;
            c.ReconcileAll();
        });
        await Until.HoldsAsync(() => launcher.Cluster.With(c => c.Pods.Select(FakeController.Index).SequenceEqual([0, 1])), "the pod of the removed worker is ended");
        Assert.Equal(2, (await launcher.ListAsync()).Length);
    }

    [Fact]
    public async Task Remove_JobChangesMeanwhile_IsTriedAgainWithoutLosingMarks()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, _) = await launcher.DeployAsync(4);
        await launcher.RemoveAsync($$"""{"ids": ["{{ids[0]}}"]}""");
        launcher.Cluster.FailOnce("PATCH", "/jobs/", 409, message: "the object has been modified");
        Assert.Equal(1, await launcher.RemoveAsync($$"""{"ids": ["{{ids[2]}}"]}"""));
        Assert.Equal("0,2", launcher.Cluster.With(c => c.Jobs[0]["metadata"]!["annotations"]!["jobs.skydriver/removed"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Remove_ScanAndIds_EndsOnlyWhatIsBoth()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] one, _) = await launcher.DeployAsync(2);
        (string[] two, _) = await launcher.DeployAsync(2, scan: "scan2");
        Assert.Equal(1, await launcher.RemoveAsync($$"""{"scan_id": "scan2", "ids": ["{{one[0]}}", "{{two[0]}}"]}"""));
        Assert.Equal([.. one, two[1]], (await launcher.ListAsync("""{"scan_id": "scan1"}""")).Concat(await launcher.ListAsync("""{"scan_id": "scan2"}""")).Select(w => w.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("remove", "{}", "scan_id or ids")]
    [InlineData("remove", """{"ids": [null]}""", "null")]
    [InlineData("remove", "[", "cannot be read")]
    [InlineData("logs", "{}", "scan_id or ids")]
    [InlineData("logs", """{"scan_id": "s", "tail_bytes": 1048577}""", "tail_bytes is 1048577")]
    [InlineData("start", "{}", "deploy, list, remove, logs")]
    public async Task Invoke_BadData_IsTheCallersFault(string operation, string data, string expected)
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.InvokeAsync(operation, data));
        Assert.Equal(ComponentFault.InvalidRequest, fault.Fault);
        Assert.Contains(expected, fault.Message);
    }
}
