using System.Diagnostics;
using System.Net;
using System.Text.Json;
using HtCondor.Double;
using DoubleJobs = HtCondor.Double.Jobs;

namespace SkyDriver.HtCondor.Tests;

/// <summary>Through the Dapr API of a real sidecar.</summary>
public sealed class ProcessTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Binding_DeployListLogsRemove_ByTwoPlaces()
    {
        using TestPool pool = new();
        await using LauncherProcess launcher = new(pool, ("places", """{"sub-2": {"owner": "skydriver"}, "sub-3": {"owner": "skydriver"}}"""));
        await launcher.ReadyAsync();
        foreach ((string place, int count) in new[] { ("sub-2", 3), ("sub-3", 2) })
        {
            JsonElement answer = await launcher.InvokeAsync("deploy", new { scan_id = "scan1", count, idempotency_key = "start", place, env = new { TOKEN = "secret" } });
            Assert.Equal(count, answer.Workers().Length);
        }

        pool.Pool.Change(c => DoubleJobs.Exit(c, c.Queue[0], 3, "no such event\n"));
        JsonElement list = await launcher.InvokeAsync("list", new { scan_id = "scan1" });
        Assert.Equal(["sub-2-1.0", "sub-2-1.1", "sub-2-1.2", "sub-3-2.0", "sub-3-2.1"], list.Workers());
        Assert.Equal(["sub-3-2.0", "sub-3-2.1"], (await launcher.InvokeAsync("list", new { scan_id = "scan1", place = "sub-3" })).Workers());
        Assert.Equal("no such event\n", (await launcher.InvokeAsync("logs", new { ids = new[] { "sub-2-1.0" } })).GetProperty("logs")[0].Text("stdout"));
        Assert.Equal(4, (await launcher.InvokeAsync("remove", new { scan_id = "scan1" })).GetProperty("removed").GetInt32());
        Assert.All((await launcher.InvokeAsync("list", new { })).GetProperty("workers").EnumerateArray(), w => Assert.Equal("exited", w.Text("state")));
        (HttpStatusCode status, string body) = await launcher.SendAsync("deploy", new { scan_id = "scan1", count = 0, idempotency_key = "x", place = "sub-9" });
        Assert.False((int)status < 400);
        body = JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()!;
        Assert.All(new[] { "count is 0", "'sub-9' is not known", "sub-2, sub-3" }, part => Assert.Contains(part, body));
    }

    /// <summary>The launcher dies while condor_submit runs; condor_submit goes on, and commits only after the next launcher was asked the same.</summary>
    [Fact]
    public async Task Deploy_LauncherIsKilledInTheMiddle_TheRepeatFindsTheOneSubmission()
    {
        using TestPool pool = new();
        await using LauncherProcess launcher = new(pool);
        await launcher.ReadyAsync();
        string go = Path.Combine(pool.Folder, "go");
        pool.Pool.Behave("condor_submit", "once wait " + go);
        object request = new { scan_id = "scan1", count = 2, idempotency_key = "start" };
        Task<(HttpStatusCode Status, string Body)> cut = launcher.SendAsync("deploy", request);
        await Until.HoldsAsync(() => File.Exists(Path.Combine(pool.Pool.Folder, "waiting")), "condor_submit has begun");
        await launcher.KillLauncherAsync();
        Assert.True((int)(await cut).Status >= 500);
        launcher.Start();
        await Until.HoldsAsync(async () => (await launcher.SendAsync("list", new { })).Status == HttpStatusCode.OK, "the new launcher serves");
        Task<JsonElement> repeat = launcher.InvokeAsync("deploy", request);
        // The orphaned submission holds the lock. Without it the repeat would have submitted by the end of these.
        for (int i = 0; i < 3; i++) Assert.Empty((await launcher.InvokeAsync("list", new { })).Workers());
        Assert.False(repeat.IsCompleted);
        Assert.Single(pool.Pool.Calls("condor_submit"));
        await File.WriteAllTextAsync(go, "");
        Assert.Equal(["sub-2-1.0", "sub-2-1.1"], (await repeat).Workers());
        Assert.Single(pool.Pool.Calls("condor_submit"));
        Assert.Equal(2, pool.Pool.Look().Queue.Count);
    }

    [Fact]
    public async Task Deploy_TwoThousandJobs_InOneSubmission()
    {
        using TestPool pool = new();
        await using LauncherProcess launcher = new(pool);
        await launcher.ReadyAsync();
        long start = Stopwatch.GetTimestamp();
        JsonElement answer = await launcher.InvokeAsync("deploy", new { scan_id = "scan1", count = 2000, idempotency_key = "start", resources = new { priority = 1000 } });
        TimeSpan deployed = Stopwatch.GetElapsedTime(start);
        Assert.Equal(2000, answer.Workers().Distinct().Count());
        Assert.Single(pool.Pool.Calls("condor_submit"));
        List<Ad> jobs = pool.Pool.Look().Queue;
        Assert.Equal((2000, "1000", "500"), (jobs.Count, jobs[0]["JobPrio"], jobs[^1]["JobPrio"]));
        start = Stopwatch.GetTimestamp();
        Assert.Equal(2000, (await launcher.InvokeAsync("list", new { scan_id = "scan1" })).Workers().Length);
        TimeSpan listed = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        Assert.Equal(2000, (await launcher.InvokeAsync("remove", new { scan_id = "scan1" })).GetProperty("removed").GetInt32());
        output.WriteLine($"2000 jobs: deployed in {deployed.TotalMilliseconds:0} ms, listed in {listed.TotalMilliseconds:0} ms, removed in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms, most of it in the doubles of the tools");
        Assert.Empty(pool.Pool.Look().Queue);
    }
}
