using System.Text.Json;
using HtCondor.Double;
using SkyDriver.Components;
using DoubleJobs = HtCondor.Double.Jobs;

namespace SkyDriver.HtCondor.Tests;

/// <summary>Listing, removing and reading the output of workers.</summary>
public sealed class WorkersTests
{
    [Fact]
    public async Task List_JobsInEveryState_ShowsThem()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan 1", 5, "start");
        pool.Pool.Change(c =>
        {
            Ad[] jobs = [.. c.Queue];
            DoubleJobs.Run(jobs[1], "slot1_1@farm1.pool.test");
            DoubleJobs.Hold(jobs[2], 34, 102, "memory usage exceeded request_memory");
            DoubleJobs.Exit(c, jobs[3], 3, "");
            DoubleJobs.Kill(c, jobs[4], 9);
        });
        JsonElement[] workers = await launcher.ListAsync("scan 1");
        Assert.Equal(["pending", "running", "held", "exited", "exited"], workers.Select(w => w.Text("state")));
        Assert.Equal((3, 137), (workers[3].GetProperty("exit_code").GetInt32(), workers[4].GetProperty("exit_code").GetInt32()));
        Assert.Equal("farm1.pool.test", workers[1].Text("host"));
        Assert.Equal("it needed more memory than it asked for (code 34.102): memory usage exceeded request_memory", workers[2].Text("reason"));
        Assert.All(workers, w => Assert.Equal(("scan 1", "sub-2", 1L), (w.Text("scan_id"), w.Text("place"), w.GetProperty("cluster_id").GetInt64())));
        Assert.All(workers, w => Assert.Equal(TimeSpan.Zero, w.GetProperty("since").GetDateTimeOffset().Offset));
        Assert.Equal([0, 1, 2, 3, 4], workers.Select(w => w.GetProperty("proc_id").GetInt32()));
        Assert.Empty(await launcher.ListAsync("scan"));
    }

    [Fact]
    public async Task Everything_OfAnotherUserInstallationOrPlace_IsNeverSeenNorTouched()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan1", 1, "start");
        Launcher other = pool.Launch(("instance", "Test"), ("places", """{"sub-2": {"owner": "skydriver"}}"""));
        Launcher elsewhere = pool.Launch(("places", """{"SUB-2": {"owner": "skydriver"}}"""));
        await other.DeployAsync("scan1", 1, "start");
        await elsewhere.DeployAsync("scan1", 1, "start");
        pool.Pool.Change(c =>
        {
            Ad forged = [], plain = [];
            foreach ((string name, string json) in c.Queue[0]) forged[name] = json;
            forged.Set("ClusterId", 40);
            forged.Set("Owner", "mallory");
            plain.Set("ClusterId", 41);
            plain.Set("ProcId", 0);
            plain.Set("JobStatus", 2);
            plain.Set("Owner", "skydriver");
            c.Queue.AddRange([forged, plain]);
        });
        Assert.Equal(["sub-2-1.0"], (await launcher.ListAsync()).Select(w => w.Text("id")));
        Assert.Equal(["sub-2-2.0"], (await other.ListAsync()).Select(w => w.Text("id")));
        Assert.Equal(["SUB-2-3.0"], (await elsewhere.ListAsync()).Select(w => w.Text("id")));
        Assert.Equal(0, await launcher.RemoveAsync(new { ids = new[] { "sub-2-2.0", "sub-2-3.0", "sub-2-40.0", "sub-2-41.0" } }));
        Assert.Equal(1, await launcher.RemoveAsync(new { scan_id = "scan1" }));
        Assert.Equal([2, 3, 40, 41], pool.Pool.Look().Queue.Select(j => j.Cluster));
    }

    [Fact]
    public async Task Remove_ByIds_RemovesExactlyThoseAndAgainNone()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan1", 12, "a");
        await launcher.DeployAsync("scan2", 2, "a");
        object request = new { ids = new[] { "sub-2-1.0", "sub-2-1.1", "sub-2-1.2", "sub-2-1.10", "sub-2-2.1", "sub-2-9.9", "nowhere-1.4", "rubbish" } };
        Assert.Equal(5, await launcher.RemoveAsync(request));
        Assert.Equal(0, await launcher.RemoveAsync(request));
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 11, 0], pool.Pool.Look().Queue.Select(j => j.Proc));
        Assert.Contains("(ClusterId == 1 && ProcId >= 0 && ProcId <= 2) || (ClusterId == 1 && ProcId >= 10 && ProcId <= 10) || (ClusterId == 2 && ProcId >= 1 && ProcId <= 1)", Assert.Single(pool.Pool.Calls("condor_rm"))[^1]);
        // Both at once: only the named ones of that scan.
        Assert.Equal(1, await launcher.RemoveAsync(new { scan_id = "scan1", ids = new[] { "sub-2-1.3", "sub-2-2.0" } }));
        Assert.Equal("removed: via condor_rm (by user skydriver)", (await launcher.ListAsync("scan2"))[1].Text("reason"));
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.RemoveAsync(new { }));
        Assert.Equal(ComponentFault.InvalidRequest, fault.Fault);
    }

    [Fact]
    public async Task Remove_ScheddSaysNotFoundButTheJobsStay_IsAFault()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan1", 1, "a");
        pool.Pool.Behave("condor_rm", "once fail \nCouldn't find/remove all jobs matching constraint (x)\n");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.RemoveAsync(new { scan_id = "scan1" }));
        Assert.Equal((ComponentFault.PermissionDenied, true), (fault.Fault, fault.Message.Contains("1 of 1 jobs are still in the queue")));
        Assert.Equal(1, await launcher.RemoveAsync(new { scan_id = "scan1" }));
    }

    [Theory]
    [InlineData("condor_q", "fail Error: Couldn't contact the condor_collector on 127.0.0.1:19999.\n", "Couldn't contact the condor_collector")]
    [InlineData("condor_q", "say Failed to fetch ads from: <127.0.0.1>\n", "gave no list of jobs: Failed to fetch ads")]
    [InlineData("condor_q", "say [\n{\n  \"ClusterId\": 1,\n", "cannot be read after 0 jobs")]
    [InlineData("condor_q", "hang", "did not answer within 2 s and was killed")]
    [InlineData("condor_history", "fail Unable to locate remote schedd (name=x, pool=y).\n", "Unable to locate")]
    public async Task List_OneOfTwoPlacesFails_TheOtherIsAnswered(string tool, string behaviour, string reason)
    {
        using TestPool pool = new();
        // The second place has the same tools; only its own configuration tells them apart, so it gets a launcher's worth of its own.
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver"}, "sub-3": {"owner": "skydriver"}}"""));
        await launcher.DeployAsync("scan1", 1, "a", "sub-2");
        await launcher.DeployAsync("scan1", 1, "a", "sub-3");
        Launcher impatient = pool.Launch(("toolTimeout", "2"), ("places", """{"sub-2": {"owner": "skydriver"}, "sub-3": {"owner": "skydriver"}}"""));
        pool.Pool.Behave(tool, "once " + behaviour);
        JsonElement answer = tool == "condor_q" && behaviour == "hang" ? await impatient.InvokeAsync("list", new { }) : await launcher.InvokeAsync("list", new { });
        string lost = Assert.Single(answer.GetProperty("unreachable").EnumerateArray()).Text("place")!;
        Assert.Contains(reason, answer.GetProperty("unreachable")[0].Text("message"));
        Assert.NotEqual(lost, Assert.Single(answer.GetProperty("workers").EnumerateArray()).Text("place"));
        if (behaviour == "hang") await Until.HoldsAsync(() => !Directory.Exists("/proc/" + File.ReadAllText(Path.Combine(pool.Pool.Folder, "hanging"))), "the tool's child is gone as well");
        Assert.Empty((await launcher.InvokeAsync("list", new { })).GetProperty("unreachable").EnumerateArray());
    }

    [Fact]
    public async Task ListAndRemove_NoPlaceAnswers_Fail()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        pool.Pool.Behave("condor_q", "fail Error: Can't find address for schedd x\n");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.ListAsync());
        Assert.Equal((ComponentFault.Unavailable, true), (fault.Fault, fault.Message.Contains("place 'sub-2' cannot be reached")));
        fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.RemoveAsync(new { scan_id = "x" }));
        Assert.Contains("'sub-7' is not known", (await Assert.ThrowsAsync<ComponentException>(() => launcher.InvokeAsync("list", new { place = "sub-7" }))).Message);
        Assert.Equal(ComponentFault.Unavailable, fault.Fault);
    }

    [Fact]
    public async Task List_EventLogOnThisMachine_AnswersWithoutTheSchedd()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver", "event_log": true}}"""));
        await launcher.DeployAsync("scan1", 2, "a");
        string log = Path.Combine(pool.Pool.Look().Queue[0].Text("Iwd")!, "events.log");
        string secrets = Path.Combine(Path.GetDirectoryName(log)!, "worker.env");
        await File.AppendAllTextAsync(log, "005 (001.000.000) 2030-01-02 03:04:05 Job terminated.\n\t(1) Normal termination (return value 4)\n...\n");
        pool.Pool.Behave("condor_q", "fail Error: Can't find address for schedd x\n");
        JsonElement[] workers = await launcher.ListAsync("scan1");
        Assert.Equal([("exited", "scan1"), ("pending", "scan1")], workers.Select(w => (w.Text("state"), w.Text("scan_id"))));
        Assert.Equal(4, workers[0].GetProperty("exit_code").GetInt32());
        Assert.Empty(await launcher.ListAsync("scan2"));
        pool.Pool.Behave("condor_q", null);
        Assert.Equal(["exited", "pending"], (await launcher.ListAsync()).Select(w => w.Text("state")));
        Assert.DoesNotContain(pool.Pool.Calls("condor_history"), c => !c.Contains("-limit"));
        Assert.True(File.Exists(secrets));
        // With the last job go the secrets.
        await File.AppendAllTextAsync(log, "009 (001.001.000) 2030-01-02 03:04:06 Job was aborted.\n\tvia condor_rm\n...\n");
        pool.Pool.Change(c => c.Queue.Clear());
        Assert.Equal(["exited", "exited"], (await launcher.ListAsync()).Select(w => w.Text("state")));
        Assert.False(File.Exists(secrets));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Logs_EndedJobs_GivesTheEndOfTheirOutput(bool isSpooled)
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver", "spool": SPOOL}}""".Replace("SPOOL", isSpooled ? "true" : "false")));
        await launcher.DeployAsync("scan1", 3, "a");
        pool.Pool.Change(c =>
        {
            Ad[] jobs = [.. c.Queue];
            DoubleJobs.Exit(c, jobs[0], 0, "all well\n");
            DoubleJobs.Exit(c, jobs[1], 2, "ää no such event\n");
            DoubleJobs.Run(jobs[2], "slot1@x");
        });
        JsonElement[] logs = [.. (await launcher.InvokeAsync("logs", new { scan_id = "scan1", tail_bytes = 18 })).GetProperty("logs").EnumerateArray()];
        Assert.Equal(["sub-2-1.1", "sub-2-1.0", "sub-2-1.2"], logs.Select(l => l.Text("id")));
        // Not in the middle of a character.
        Assert.Equal(["ä no such event\n", "all well\n", ""], logs.Select(l => l.Text("stdout")));
        Assert.Equal([true, false, false], logs.Select(l => l.GetProperty("is_truncated").GetBoolean()));
        JsonElement one = (await launcher.InvokeAsync("logs", new { ids = new[] { "sub-2-1.0" } })).GetProperty("logs")[0];
        Assert.Equal("all well\n", one.Text("stdout"));
        Assert.Equal(isSpooled ? 1 : 0, pool.Pool.Calls("condor_transfer_data").Count);
        Assert.Equal(["exited", "exited", "running"], (await launcher.ListAsync()).Select(w => w.Text("state")));
    }

    [Fact]
    public async Task List_SubmissionsOfLongAgo_LoseTheirFilesUnlessTheyHaveJobs()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("alive", 1, "a");
        await launcher.DeployAsync("ended", 1, "a");
        await launcher.DeployAsync("young", 1, "a");
        pool.Pool.Behave("condor_submit", "once lose");
        await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync("never", 1, "a"));
        pool.Pool.Change(c => c.Queue.Where(j => j.Text("SkyDriverScanId") != "alive").ToList().ForEach(job => DoubleJobs.Exit(c, job, 0, "")));
        string[] folders = [.. new[] { "alive", "ended", "never", "young" }.Select(scan => Path.Combine(pool.State, "test", "sub-2", Submissions.SubmissionStore.Key(scan, "a")))];
        foreach (string file in folders[..3].SelectMany(Directory.EnumerateFiles)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-2));
        await launcher.ListAsync("alive");
        Assert.True(Directory.Exists(folders[2]));
        await launcher.ListAsync();
        Assert.Equal([true, false, false, true], folders.Select(Directory.Exists));
        Assert.Equal([true, false], new[] { folders[0], folders[3] }.Select(f => File.Exists(Path.Combine(f, "worker.env"))));
    }

    [Fact]
    public async Task Logs_ManyJobs_StayWithinAMebibyte()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan1", 120, "a");
        pool.Pool.Change(c => c.Queue.ToList().ForEach(job => DoubleJobs.Exit(c, job, 1, new string('x', 20_000))));
        JsonElement[] logs = [.. (await launcher.InvokeAsync("logs", new { scan_id = "scan1", tail_bytes = 1 << 20 })).GetProperty("logs").EnumerateArray()];
        Assert.Equal((100, true), (logs.Length, logs.Sum(l => l.Text("stdout")!.Length) <= 1 << 20));
        Assert.All(logs, l => Assert.True(l.GetProperty("is_truncated").GetBoolean()));
    }

    [Fact]
    public async Task Tools_SeeNothingOfTheLaunchersEnvironmentButTheirOwn()
    {
        using TestPool pool = new();
        string seen = Path.Combine(pool.Folder, "seen");
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver", "condor_config": "ONLY_ENV", "config": {"SEC_CLIENT_AUTHENTICATION_METHODS": "IDTOKENS"}}}"""));
        await File.WriteAllTextAsync(Path.Combine(pool.Tools, "condor_q"), $"#!/bin/sh\nenv > '{seen}'\npwd >> '{seen}'\n");
        Environment.SetEnvironmentVariable("SKYDRIVER_TEST_SECRET", "hidden");
        await launcher.ListAsync();
        string text = await File.ReadAllTextAsync(seen);
        Assert.DoesNotContain("hidden", text);
        foreach (string line in new[] { "CONDOR_CONFIG=ONLY_ENV", "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS=IDTOKENS", "LC_ALL=C" }) Assert.Contains(line, text.Split('\n'));
    }

    [Theory]
    [InlineData("say $CondorVersion: 9.12.0 2022-10-05 BuildID: 608450 $\n", "9.12.0; from 10.0.0 on")]
    [InlineData("fail Neither the environment variable CONDOR_CONFIG nor any file\n", "says no version")]
    [InlineData("hang", "did not answer within 1 s")]
    public async Task CheckTools_TheyAreOfNoUse_SaysWhy(string behaviour, string reason)
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("toolTimeout", "1"));
        pool.Pool.Behave("condor_version", behaviour);
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.CheckToolsAsync(CancellationToken.None));
        Assert.Contains(reason, fault.Message);
    }

    [Fact]
    public void Launch_ToolsAreNotThere_SaysWhereTheyWereLookedFor()
    {
        using TestPool pool = new();
        File.Delete(Path.Combine(pool.Tools, "condor_rm"));
        ComponentException fault = Assert.Throws<ComponentException>(() => pool.Launch());
        Assert.Contains($"condor_rm is not in {pool.Tools}", fault.Message);
    }
}
