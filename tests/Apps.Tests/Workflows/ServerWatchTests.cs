using SkyDriver.Contracts;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>The server of a scanner from elsewhere, where a launcher of ours starts it: it is watched, and nobody has to tell of its end.</summary>
public class ServerWatchTests
{
    private static readonly ScanLifecycleInputV1 Input = new("scan1", "event1", Priority: 0);
    private static readonly ServerPlaceV1 At = new("cloud", "servers");
    private static readonly LifecycleTermsV1 Terms = new(ScanEngine.External, 3, 300, 60, 900, 172_800, 0, ScannerSilenceSeconds: 7200, At);
    private static readonly ServerLostV1 OutOfMemory = new("scan1", ServerLossReason.OutOfMemory, 137, "it used more memory than its limit of 4Gi (OOMKilled)");

    private readonly TestWorkflowContext context;
    private ServerLostV1? loss;

    public ServerWatchTests() => context = new TestWorkflowContext()
        .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => Terms)
        .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => new ScanPreparedV1("scan1", "theirs", [], null, null))
        .Answer<ScannerServerV1>(ActivityNames.StartServer, _ => new ServerStartedV1("job-1"))
        .Answer<ScannerServerV1>(ActivityNames.RemoveServer, _ => 0)
        .Answer<ReplaceScanV1>(ActivityNames.ReplaceScan, _ => new ScanReplacedV1("scan2"));

    [Fact]
    public async Task Server_GoneInTwoLooks_IsReplacedWithinAMinuteAndTakenAway()
    {
        Task<ScanOutcomeV1> run = Start(hasReported: true);
        DateTime before = context.CurrentUtcDateTime;
        loss = OutOfMemory;
        context.FireTimer();
        Assert.False(run.IsCompleted);
        context.FireTimer();
        Assert.Equal("The scanner's server is gone (OOMKilled, exit code 137: it used more memory than its limit of 4Gi (OOMKilled)). Scan scan2 takes its place.", (await run).Reason);
        Assert.Equal(TimeSpan.FromMinutes(1), context.CurrentUtcDateTime - before);
        Assert.Equal([new ReplaceScanV1("scan1", DoubleMemory: true)], context.Inputs<ReplaceScanV1>(ActivityNames.ReplaceScan));
        Assert.Equal([new ScannerServerV1("scan1", At)], context.Inputs<ScannerServerV1>(ActivityNames.RemoveServer));
        Assert.All(context.Inputs<ScanReferenceV1>(ActivityNames.CheckScanner), look => Assert.Equal((At, "job-1"), (look.Server, look.ServerJob)));
    }

    [Fact]
    public async Task Server_GoneBeforeItsFirstWord_IsNotWaitedFor()
    {
        Task<ScanOutcomeV1> run = Start(hasReported: false);
        loss = new("scan1", ServerLossReason.Held, null, "the image cannot be pulled (ImagePullBackOff)");
        context.FireTimer();
        context.FireTimer();
        Assert.Equal("The scanner's server is gone (Held: the image cannot be pulled (ImagePullBackOff)).", (await run).Reason);
        Assert.Empty(context.Inputs<ReplaceScanV1>(ActivityNames.ReplaceScan));
    }

    [Fact]
    public async Task Server_OutOfSightOnce_GoesOn()
    {
        Task<ScanOutcomeV1> run = Start(hasReported: true);
        foreach (ServerLostV1? seen in new[] { OutOfMemory, null, OutOfMemory, null })
        {
            loss = seen;
            context.FireTimer();
        }

        Assert.False(run.IsCompleted);
        context.Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1"));
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Single(context.Inputs<ScannerServerV1>(ActivityNames.RemoveServer));
    }

    [Fact]
    public async Task Server_EndedWithItsFinalResult_HasNotFailed()
    {
        Task<ScanOutcomeV1> run = Start(hasReported: true);
        loss = new("scan1", ServerLossReason.Ended, 0);
        context.FireTimer();
        context.Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1"));
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Server_WatchedForLong_FoldsItsHistory()
    {
        Task<ScanOutcomeV1> run = Start(hasReported: true);
        for (int looks = 0; !run.IsCompleted && context.Continued is null; looks++) context.FireTimer();
        ScanLifecycleInputV1 carried = Assert.IsType<ScanLifecycleInputV1>(context.Continued);
        Assert.Equal(("job-1", 30.0), (carried.ServerJob, carried.NextWatchSeconds));
        await run;
    }

    [Fact]
    public async Task Server_NoRoom_IsWaitedForAndTheScanSaysSo()
    {
        Queue<ServerStartedV1> answers = new([new(null, "quota: full"), new(null, "quota: full"), new("job-1")]);
        context.Answer<ScannerServerV1>(ActivityNames.StartServer, _ => answers.Dequeue());
        Task<ScanOutcomeV1> run = Start(hasReported: false);
        context.FireTimer();
        context.FireTimer();
        Assert.Equal([60, 60, 30], context.Timers.Skip(1).Select(t => t.TotalSeconds));   // the first is the backlog's
        Assert.Contains("There is no room for the scanner's server yet at cloud (quota: full)", Waits[0]);
        Assert.StartsWith("No scanner has reported yet", Waits[^1]);
        context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "enough"));
        Assert.Equal(ScanPhase.Stopped, (await run).Phase);
        Assert.Single(context.Inputs<ScannerServerV1>(ActivityNames.RemoveServer));
    }

    [Fact]
    public async Task Server_CannotBeStarted_FailsAfterTheAttempts()
    {
        context.Fail(ActivityNames.StartServer, "the launcher is away");
        Task<ScanOutcomeV1> run = Start(hasReported: false);
        context.FireTimer();
        Assert.Contains("the launcher is away; the next try is at 2026-01-01", Waits[^1]);
        context.FireTimer();
        Assert.Equal("The scanner's server could not be started at cloud: the launcher is away", (await run).Reason);
        Assert.Single(context.Inputs<ScannerServerV1>(ActivityNames.RemoveServer));   // a start may have been cut off before its answer
    }

    /// <summary>The words are those of our launchers.</summary>
    [Theory]
    [InlineData("running", null, null, null)]
    [InlineData("pending", null, "no node has room for it now (Unschedulable)", null)]
    [InlineData("exited", 137, "it used more memory than its limit of 4Gi (OOMKilled); ask for more", "OOMKilled")]
    [InlineData("held", null, "it needed more memory than it asked for (code 34)", "OOMKilled")]
    [InlineData("held", null, "held by a person (code 1): via condor_hold", "Held")]
    [InlineData("held", null, "it ends again and again soon after its start (CrashLoopBackOff)", "CrashLoopBackOff")]
    [InlineData("exited", null, "evicted by its node (Evicted): low on memory", "Evicted")]
    [InlineData("exited", null, "removed: via condor_rm (by user admin)", "Removed")]
    [InlineData("exited", 143, "ended by signal 15", "Ended")]
    [InlineData("exited", 1, "ended with 1", "Ended")]
    public void Loss_WordsOfTheLaunchers_AreUnderstood(string state, int? exitCode, string? words, string? expected)
    {
        ServerLostV1? seen = ServerState.Loss("scan1", new("job-1", "scan1", state, null, exitCode, Reason: words));
        Assert.Equal(expected is null ? null : new ServerLostV1("scan1", expected, exitCode, words), seen);
    }

    [Fact]
    public void Loss_NotListed_CountsAsRemoved() => Assert.Equal(ServerLossReason.Removed, ServerState.Loss("scan1", null)!.Reason);

    private string[] Waits => [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Select(u => u.Waiting).Where(w => w is { Length: > 0 }).OfType<string>()];

    private Task<ScanOutcomeV1> Start(bool hasReported)
    {
        context.Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false, context.CurrentUtcDateTime, loss));
        Task<ScanOutcomeV1> run = context.Start(Input);
        if (hasReported) context.Raise(WorkflowEvents.ScannerReported, new ScannerReportedV1("scan1"));
        return run;
    }
}
