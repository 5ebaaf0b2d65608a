using System.Text.Json;
using HtCondor.Double;
using SkyDriver.Components;
using DoubleJobs = HtCondor.Double.Jobs;

namespace SkyDriver.HtCondor.Tests;

public sealed class DeployTests
{
    [Fact]
    public async Task Deploy_NewKey_SubmitsOneClusterAndNamesItsJobs()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        JsonElement answer = await launcher.DeployAsync("scan1", 3, "start", env: new() { ["COLOUR"] = "deep blue" }, resources: new { cpus = 2, memory_bytes = 4_000_000_000L, image = "worker:v3", priority = 10 });
        Assert.Equal(["sub-2-1.0", "sub-2-1.1", "sub-2-1.2"], answer.Workers());
        Assert.Equal(("", "", 1), (answer.GetProperty("cluster").Text("collector"), answer.GetProperty("cluster").Text("schedd"), answer.GetProperty("cluster").GetProperty("cluster_id").GetInt32()));
        Assert.False(answer.TryGetProperty("denied", out _));
        List<Ad> jobs = pool.Pool.Look().Queue;
        Assert.Equal([10L, 8L, 5L], jobs.Select(j => long.Parse(j["JobPrio"])));
        Assert.Equal(["-terse", "worker.sub"], Assert.Single(pool.Pool.Calls("condor_submit")));
        // What the caller gave for the worker's environment is in no job ad.
        Assert.All(jobs, j => Assert.DoesNotContain("deep blue", string.Concat(j.Values)));
        string secrets = Path.Combine(jobs[0].Text("Iwd")!, "worker.env");
        Assert.Equal("export COLOUR='deep blue'\n", await File.ReadAllTextAsync(secrets));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(secrets));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(jobs[0].Text("Iwd")!));
    }

    [Fact]
    public async Task Deploy_SameKeyAgain_AnswersWithTheSameJobs()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        string[] first = (await launcher.DeployAsync("scan1", 2, "start")).Workers();
        Assert.Equal(first, (await launcher.DeployAsync("scan1", 2, "start")).Workers());
        // Also when the jobs are over, and when all files of the launcher are lost.
        pool.Pool.Change(c => c.Queue.ToList().ForEach(job => DoubleJobs.Exit(c, job, 0, "")));
        Directory.Delete(pool.State, recursive: true);
        using (Launcher another = pool.Launch()) Assert.Equal(first, (await another.DeployAsync("scan1", 2, "start")).Workers());
        Assert.Single(pool.Pool.Calls("condor_submit"));
        Assert.NotEqual(first, (await launcher.DeployAsync("scan2", 2, "start")).Workers());
        Assert.NotEqual(first, (await launcher.DeployAsync("scan1", 2, "more")).Workers());
    }

    [Fact]
    public async Task Deploy_SameKeyByTwoLaunchersAtOnce_SubmitsOnce()
    {
        using TestPool pool = new();
        Launcher[] launchers = [pool.Launch(), pool.Launch()];
        string[][] answers = await Task.WhenAll(launchers.SelectMany(l => new[] { l, l }).Select(async l => (await l.DeployAsync("scan1", 2, "start")).Workers()));
        Assert.All(answers, answer => Assert.Equal(["sub-2-1.0", "sub-2-1.1"], answer));
        Assert.Single(pool.Pool.Calls("condor_submit"));
    }

    [Theory]
    [InlineData("once lose-late")]
    [InlineData("once hang-late")]
    public async Task Deploy_AnswerOfTheSubmissionIsLost_FindsItsJobs(string behaviour)
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("submitTimeout", "5"));
        pool.Pool.Behave("condor_submit", behaviour);
        Assert.Equal(["sub-2-1.0", "sub-2-1.1"], (await launcher.DeployAsync("scan1", 2, "start")).Workers());
        Assert.Equal(2, pool.Pool.Look().Queue.Count);
    }

    [Theory]
    [InlineData("lose")]
    [InlineData("hang")]
    [InlineData("say Submitting job(s).")]
    [InlineData("fail \nERROR: Failed to commit job submission into the queue.\n")]
    public async Task Deploy_OutcomeIsUnknown_SaysSoAndTheRepeatLooksFirst(string behaviour)
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("submitTimeout", "3"));
        pool.Pool.Behave("condor_submit", "once " + behaviour);
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync("scan1", 2, "start"));
        Assert.Equal(ComponentFault.Unavailable, fault.Fault);
        Assert.Contains("ask again with the same key", fault.Message);
        Assert.Equal(2, (await launcher.DeployAsync("scan1", 2, "start")).Workers().Length);
        Assert.Equal(2, pool.Pool.Look().Queue.Count);
    }

    [Fact]
    public async Task Deploy_OutcomeWasUnknownAndJobsComeToLightLate_TakesThem()
    {
        using TestPool pool = new();
        // The first submission commits when the second request, after a restart with more patience, already looks for it.
        pool.Pool.Behave("condor_submit", "once lose");
        using (Launcher first = pool.Launch()) await Assert.ThrowsAsync<ComponentException>(() => first.DeployAsync("scan1", 1, "start"));
        Task<JsonElement> repeat = pool.Launch(("settleTime", "60")).DeployAsync("scan1", 1, "start");
        await Until.HoldsAsync(() => pool.Pool.Calls("condor_q").Count >= 3, "the launcher looks again");
        string folder = Directory.GetDirectories(Path.Combine(pool.State, "test", "sub-2")).Single();
        SubmitFile late = SubmitFile.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "worker.sub")));
        pool.Pool.Change(c => c.Queue.Add(DoubleJobs.Make(late, 77, 0, "skydriver", isSpooled: false)));
        Assert.Equal(["sub-2-77.0"], (await repeat).Workers());
        Assert.Single(pool.Pool.Calls("condor_submit"));
    }

    [Theory]
    [InlineData("condor_q", "Error: Can't find address for schedd farm1.pool.test\n\nExtra Info: You probably saw this error because\n", "unavailable", "Can't find address for schedd farm1")]
    [InlineData("condor_submit", "\nERROR: Can't find address of local schedd\n", "unavailable", "Can't find address of local schedd")]
    [InlineData("condor_submit", "\nERROR: Failed to create proc\nNumber of submitted jobs would exceed MAX_JOBS_PER_OWNER\n", "quota", "MAX_JOBS_PER_OWNER")]
    public async Task Deploy_NothingWasSubmittedForCertain_IsDeniedAndMayBeRepeated(string tool, string error, string kind, string reason)
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch();
        pool.Pool.Behave(tool, "once fail " + error);
        JsonElement answer = await launcher.DeployAsync("scan1", 2, "start");
        Assert.Empty(answer.Workers());
        Assert.Equal(kind, answer.GetProperty("denied").Text("kind"));
        Assert.Contains(reason, answer.GetProperty("denied").Text("message"));
        Assert.Equal(2, (await launcher.DeployAsync("scan1", 2, "start")).Workers().Length);
    }

    [Fact]
    public async Task Deploy_SubmitFileIsRefused_SaysTheToolsReason()
    {
        using TestPool pool = new();
        pool.Pool.Behave("condor_submit", "once fail ERROR: Parse error in expression: \n\tRequirements = ((\n");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => pool.Launch().DeployAsync("scan1", 2, "start"));
        Assert.Equal(ComponentFault.FailedPrecondition, fault.Fault);
        Assert.Contains("Parse error in expression", fault.Message);
    }

    [Fact]
    public async Task Deploy_MoreThanThereIsRoomFor_SubmitsWhatFits()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver", "max_jobs": 3}}"""));
        Assert.Equal(2, (await launcher.DeployAsync("scan1", 2, "a")).Workers().Length);
        JsonElement some = await launcher.DeployAsync("scan2", 5, "a");
        Assert.Equal((1, "quota"), (some.Workers().Length, some.GetProperty("denied").Text("kind")));
        JsonElement none = await launcher.DeployAsync("scan3", 1, "a");
        Assert.Equal((0, "quota"), (none.Workers().Length, none.GetProperty("denied").Text("kind")));
        Assert.Equal(2, await launcher.RemoveAsync(new { scan_id = "scan1" }));
        Assert.Single((await launcher.DeployAsync("scan3", 1, "a")).Workers());
    }

    [Fact]
    public async Task Deploy_OwnerIsSetWrongly_IsSaidAndNothingIsSubmittedTwice()
    {
        using TestPool pool = new(user: "icecube");
        Launcher launcher = pool.Launch();
        await launcher.DeployAsync("scan1", 1, "start");
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync("scan1", 1, "start"));
        Assert.Contains("belong to 'icecube', not to 'skydriver'", fault.Message);
        Assert.Single(pool.Pool.Calls("condor_submit"));
    }

    [Fact]
    public async Task Deploy_SpooledFilesNeverArrive_WithdrawsTheJobsAndTheRepeatSubmitsAnew()
    {
        using TestPool pool = new();
        Launcher launcher = pool.Launch(("places", """{"sub-2": {"owner": "skydriver", "spool": true}}"""));
        pool.Pool.Behave("condor_submit", "once cut-spool");
        await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync("scan1", 2, "start"));
        Assert.Empty(pool.Pool.Look().Queue);
        Assert.Equal(["sub-2-2.0", "sub-2-2.1"], (await launcher.DeployAsync("scan1", 2, "start")).Workers());
        Assert.Equal(["sub-2-2.0", "sub-2-2.1"], (await launcher.DeployAsync("scan1", 2, "start")).Workers());
        // The schedd has the secrets now; they are not needed here.
        Assert.Empty(Directory.EnumerateFiles(pool.State, "worker.env", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Deploy_RemotePlaceWithToken_AddressesItAndHidesTheToken()
    {
        using TestPool pool = new();
        string token = SettingsTests.Token("""{"sub": "skydriver@pool"}""");
        Launcher launcher = pool.Launch(
            ("places", """{"sub-2": {"collector": "cm.example:9618", "schedd": "s@sub-2.example", "token": "token-2", "condor_config": "ONLY_ENV"}, "other": {}}"""), ("token-2", token));
        ComponentException fault = await Assert.ThrowsAsync<ComponentException>(() => launcher.DeployAsync("scan1", 1, "start"));
        Assert.Contains("place must be given; use one of: other, sub-2", fault.Message);
        JsonElement answer = await launcher.DeployAsync("scan1", 1, "start", "sub-2");
        Assert.Equal(("cm.example:9618", "s@sub-2.example"), (answer.GetProperty("cluster").Text("collector"), answer.GetProperty("cluster").Text("schedd")));
        Assert.Equal(["-terse", "-spool", "-name", "s@sub-2.example", "-pool", "cm.example:9618", "worker.sub"], pool.Pool.Calls("condor_submit").Single());
        string file = Assert.Single(Directory.EnumerateFiles(Path.Combine(pool.State, "test", "tokens"), "*", SearchOption.AllDirectories));
        Assert.Equal((token + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite), (await File.ReadAllTextAsync(file), File.GetUnixFileMode(file)));
        launcher.Dispose();
        Assert.False(File.Exists(file));
    }
}
