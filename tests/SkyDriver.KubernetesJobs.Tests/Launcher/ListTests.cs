using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Components;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

public sealed class ListTests
{
    [Fact]
    public async Task List_FromStartToEnd_FollowsTheWatchWithoutAskingTheApi()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(3);
        await Until.HoldsAsync(() => launcher.Cluster.OpenWatches == 3, "all watches are open");
        int requests = launcher.Cluster.Requests.Count;
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        await launcher.SeesAsync("running running running");
        launcher.Cluster.With(c => c.SetPods(PodStates.Succeeded, 0));
        launcher.Cluster.With(c => c.SetPods(PodStates.OutOfMemory, 1));
        await launcher.SeesAsync("exited exited running");
        Assert.Equal(requests, launcher.Cluster.Requests.Count);
        JsonElement[] workers = await launcher.ListAsync();
        Assert.Equal((0, JsonValueKind.Null, "node-0", "2026-03-01T11:00:00Z"), (workers[0].GetProperty("exit_code").GetInt32(), workers[0].GetProperty("reason").ValueKind, workers[0].GetProperty("host").GetString(), workers[0].GetProperty("since").GetString()));
        Assert.Equal(137, workers[1].GetProperty("exit_code").GetInt32());
        Assert.Contains("limit of 4Gi (OOMKilled)", workers[1].GetProperty("reason").GetString());
        Assert.Equal("2026-03-01T10:00:05Z", workers[2].GetProperty("since").GetString());
    }

    [Fact]
    public async Task List_OneScanOfTwo_ShowsThatOne()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(2, scan: "a");
        (string[] ids, _) = await launcher.DeployAsync(1, scan: "b");
        Assert.Equal(ids, (await launcher.ListAsync("""{"scan_id": "b"}""")).Select(w => w.GetProperty("id").GetString()));
        Assert.Equal(3, (await launcher.ListAsync()).Length);
        Assert.Empty(await launcher.ListAsync("""{"scan_id": "c"}"""));
    }

    [Fact]
    public async Task List_JobsOfOthers_AreNotShownAndNotRemoved()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(1);
        launcher.Cluster.With(c =>
        {
            foreach ((string name, string label, string value) in new[] { ("plain", "app", "x"), ("other-instance", "jobs.skydriver/instance", "another") })
            {
                JsonObject copy = (JsonObject)c.Jobs[0].DeepClone();
                copy["metadata"]!["name"] = name;
                if (name == "plain") copy["metadata"]!["labels"]!.AsObject().Clear();
                copy["metadata"]!["labels"]![label] = value;
                c.Store.Save("jobs", copy);
            }
        });
        Assert.Single(await launcher.ListAsync());
        Assert.Equal(0, await launcher.RemoveAsync("""{"ids": ["plain-0", "other-instance-0"]}"""));
        Assert.Equal(1, await launcher.RemoveAsync("""{"scan_id": "scan1"}"""));
        Assert.Equal(["other-instance", "plain"], launcher.Cluster.With(c => c.Jobs.Select(FakeController.Name)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task List_VersionIsTooOld_ListsAnew(bool inStream)
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        launcher.Cluster.SaysGoneInStream = inStream;
        await launcher.DeployAsync(2);
        int lists = Lists(launcher);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        await launcher.SeesAsync("running running");
        launcher.Cluster.Compact();
        launcher.Cluster.With(c => c.SetPods(PodStates.Succeeded, 1));
        await launcher.SeesAsync("running exited");
        Assert.True(Lists(launcher) > lists, "a list after 410");
    }

    [Fact]
    public async Task List_WatchIsCut_GoesOnFromTheLastEventWithoutAList()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(2);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        await launcher.SeesAsync("running running");
        int lists = Lists(launcher);
        for (int i = 0; i < 3; i++)
        {
            launcher.Cluster.DropWatches();
            launcher.Cluster.With(c => c.SetPods(i == 1 ? PodStates.Succeeded : PodStates.Running, 1));
            await launcher.SeesAsync(i == 1 ? "running exited" : "running running");
        }

        Assert.Equal(lists, Lists(launcher));
    }

    [Fact]
    public async Task List_OnlyBookmarksCame_GoesOnFromTheBookmark()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(1);
        // History of others that passes this launcher by; a bookmark carries it over.
        launcher.Cluster.With(c => c.Refuse(c.Jobs[0], "elsewhere", "x"));
        long version = launcher.Cluster.With(c => c.Store.Version);
        launcher.Cluster.SendBookmarks();
        await Until.HoldsAsync(
            () =>
            {
                launcher.Cluster.DropWatches();
                return launcher.Cluster.Requests.Any(r => r.Query.Contains($"resourceVersion={version}", StringComparison.Ordinal) && r.Path.EndsWith("/pods", StringComparison.Ordinal));
            },
            "the watch of pods goes on from the bookmark");
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        await launcher.SeesAsync("running");
    }

    [Fact]
    public async Task List_MoreThanAPage_ShowsAll()
    {
        FakeCluster cluster = await FakeCluster.StartAsync();
        await using TestLauncher first = await TestLauncher.StartAsync(cluster);
        for (int i = 0; i < 4; i++) await first.DeployAsync(2, key: $"k{i}");
        cluster.PageSize = 3;
        cluster.Compact();
        cluster.With(c => c.SetPods(PodStates.Running));
        await first.SeesAsync(string.Join(' ', Enumerable.Repeat("running", 8)));
    }

    [Fact]
    public async Task List_NothingHeardForTooLong_FailsInsteadOfShowingAnOldPicture()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync(null, ("staleAfter", "1s"));
        await launcher.DeployAsync(1);
        launcher.Cluster.Tokens.Clear();
        launcher.Cluster.DropWatches();
        ComponentException? fault = null;
        await Until.HoldsAsync(
            async () =>
            {
                fault = await Record.ExceptionAsync(() => launcher.ListAsync()) as ComponentException;
                return fault is not null;
            },
            "the list fails");
        Assert.Equal(ComponentFault.Unavailable, fault!.Fault);
        Assert.Contains("nothing was heard of the API since", fault.Message);
        launcher.Cluster.Tokens["good-token"] = true;
        await Until.HoldsAsync(async () => await Record.ExceptionAsync(() => launcher.ListAsync()) is null, "the list works again");
    }

    [Fact]
    public async Task Init_Again_TakesOtherSettingsAndKeepsTheJobs()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(1);
        launcher.Metadata["image"] = "ghcr.io/icecube/worker:v2";
        await launcher.InitAsync();
        await launcher.DeployAsync(1, key: "more");
        Assert.Equal(["ghcr.io/icecube/worker:v1", "ghcr.io/icecube/worker:v2"], launcher.Cluster.With(c => c.Jobs.Select(j => j["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>())).Order());
        launcher.Metadata["instance"] = "another";
        await launcher.InitAsync();
        Assert.Empty(await launcher.ListAsync());
    }

    private static int Lists(TestLauncher launcher) => launcher.Cluster.Requests.Count(r => r.Method == "GET" && r.Path.EndsWith("/pods", StringComparison.Ordinal) && !r.Query.Contains("watch=true", StringComparison.Ordinal));
}
