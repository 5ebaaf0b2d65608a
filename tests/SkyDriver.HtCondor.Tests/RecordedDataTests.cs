using HtCondor.Double;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor.Tests;

/// <summary>What a real pool answered, file by file.</summary>
public sealed class RecordedDataTests
{
    private const string Folder = "htcondor";

    // Job lists among the recorded outputs, each with the number of jobs in it.
    public static TheoryData<string, int> JobLists => new()
    {
        { "history-json-attrs", 3 }, { "history-json-cluster2", 3 }, { "history-json-cluster8", 4 }, { "history-json-constraint-limit", 1 }, { "history-json-none", 0 },
        { "history-json-removed", 2 }, { "history-json-schedd-down", 1 }, { "history-json-signal", 2 }, { "history-json-since", 18 }, { "history-json-xfer", 1 },
        { "q-af", 0 }, { "q-json", 2 }, { "q-json-after-restart", 1 }, { "q-json-attrs", 2 }, { "q-json-empty", 0 }, { "q-json-global", 0 }, { "q-json-held", 1 },
        { "q-json-held-output", 1 }, { "q-json-mixed", 7 }, { "q-json-onhold", 1 }, { "q-json-unknown-cluster", 0 }, { "q-json-xfer-held", 3 },
        { "q-json-pool-unreachable", 0 }, { "q-json-schedd-down", 0 }, { "q-json-schedd-unreachable", 0 },
    };

    // Outputs that are no job lists, which must never be taken for one.
    public static TheoryData<string> Texts => ["q-default", "q-default-mixed", "q-hold", "q-nobatch", "q-nobatch-mixed", "q-totals", "history-default", "submit-dryrun", "version", "status-af", "rm-all", "q-json-pool-unreachable.stderr"];

    [Theory]
    [MemberData(nameof(JobLists))]
    public async Task Read_RecordedList_HasAllJobs(string name, int count)
    {
        JobAnswer answer = await ReadAsync(Recorded(name + ".stdout"));
        Assert.Null(answer.Stray);
        Assert.Equal(count, answer.Jobs.Count);
        Assert.Equal(count, answer.Jobs.Select(j => (j.ClusterId, j.ProcId)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Read_RecordedText_IsNoListOfJobs(string name)
    {
        JobAnswer answer = await ReadAsync(Recorded(name.Contains('.') ? name : name + ".stdout"));
        Assert.NotNull(answer.Stray);
        Assert.Empty(answer.Jobs);
    }

    [Fact]
    public void Index_EveryRecordedFile_IsUsedHereOrIsAnothersBusiness()
    {
        string index = File.ReadAllText(TestPaths.SharedData(Folder + "/index.tsv"));
        string[] named = [.. index.Split('\n').Skip(1).Where(l => l.Length > 0).Select(l => l.Split('\t')[0])];
        string[] lists = [.. named.Where(n => n.Contains("-json") && !n.StartsWith("status", StringComparison.Ordinal))];
        Assert.Empty(lists.Except(JobLists.Select(row => row.Data.Item1)));
        Assert.All(named.Where(n => n.StartsWith("submit-", StringComparison.Ordinal) || n.StartsWith("rm-", StringComparison.Ordinal)), n => Assert.True(File.Exists(Path.Combine(TestPaths.SharedData(Folder), n + ".stdout")) || File.Exists(Path.Combine(TestPaths.SharedData(Folder), n + ".stderr")), n));
    }

    [Theory]
    [InlineData("q-json-mixed", "6.0 pending", "8.0 running farm1.pool.test", "8.1 exited 0", "8.2 exited 0", "8.3 exited 0", "10.0 held it ran for longer than allowed (code 47): The job exceeded allowed execute duration of 00:05", "11.0 pending")]
    [InlineData("q-json-held", "3.0 held held by a person (code 1): via condor_hold (by user skydriver)")]
    [InlineData("q-json-onhold", "13.0 held held by the policy of the job (code 3.42): exit code")]
    [InlineData("history-json-signal", "9.0 exited 137 ended by signal 9", "11.0 exited 7 ended with 7")]
    [InlineData("history-json-removed", "1.0 exited removed: via condor_rm (by user skydriver)", "3.0 exited removed: via condor_rm (by user skydriver)")]
    [InlineData("history-json-cluster8", "8.0 exited 0 ended with 0; removed", "8.1 exited 0 ended with 0; removed", "8.2 exited 0 ended with 0; removed", "8.3 exited 0 ended with 0; removed")]
    [InlineData("q-json-after-restart", "15.0 running farm1.pool.test")]
    public async Task Describe_RecordedJobs_SaysWhatBecameOfThem(string name, params string[] expected)
    {
        JobAnswer answer = await ReadAsync(Recorded(name + ".stdout"));
        string[] told = [.. JobLedger.Reconcile(answer.Jobs).Select(j => JobStates.Describe(j, "p")).Select(w => string.Join(' ',
            new object?[] { $"{w.ClusterId}.{w.ProcId}", w.State, w.ExitCode, w.State == WorkerStatus.Running ? w.Host : null, w.Reason }.Where(p => p is not null)))];
        Assert.Equal(expected, told);
    }

    [Fact]
    public async Task Describe_RecordedTransferFailures_AreHeldWithTheirReason()
    {
        WorkerStatus[] workers = [.. (await ReadAsync(Recorded("q-json-xfer-held.stdout"))).Jobs.Select(j => JobStates.Describe(j, "p"))];
        Assert.Equal(["running", "held", "running"], workers.Select(w => w.State));
        Assert.StartsWith("its input files could not be transferred (code 13.2): Transfer input files failure", workers[1].Reason);
        Assert.StartsWith("its output files could not be transferred (code 12.2)", JobStates.Describe((await ReadAsync(Recorded("q-json-held-output.stdout"))).Jobs.Single(), "p").Reason);
    }

    [Theory]
    [InlineData("eventlog-submit-execute-abort.log", "1.0 exited removed: via condor_rm (by user skydriver)")]
    [InlineData("eventlog-hold-release-abort.log", "3.0 exited removed: via condor_rm (by user skydriver)")]
    [InlineData("eventlog-duration-hold.log", "10.0 exited removed: via condor_rm (by user skydriver)")]
    [InlineData("eventlog-terminated.log", "2.0 exited 0", "2.1 exited 1 ended with 1", "2.2 exited 2 ended with 2", "14.0 exited 0", "14.1 exited 1 ended with 1", "14.2 exited 2 ended with 2")]
    [InlineData("eventlog-signal.log", "9.0 exited 137 ended by signal 9")]
    [InlineData("eventlog-retry.log", "11.0 exited 7 ended with 7")]
    [InlineData("eventlog-transfer.log", "16.0 exited 0")]
    [InlineData("eventlog-transfer-failures.log", "17.0 held its input files could not be transferred (code 13.2): Transfer input files failure", "18.0 pending")]
    [InlineData("eventlog-schedd-restart-abort.log", "15.0 exited removed: via condor_rm (by user skydriver)")]
    public async Task EventLog_Recorded_TellsHowItEnded(string name, params string[] expected)
    {
        string[] told = await ReplayAsync(Recorded(name), everyEvent: false);
        Assert.Equal(expected.Length, told.Length);
        Assert.All(expected.Zip(told), pair => Assert.StartsWith(pair.First, pair.Second));
    }

    [Fact]
    public async Task EventLog_WrittenPieceByPiece_TellsEveryStep() => Assert.Equal(
        ["3.0 pending", "3.0 running", "3.0 running", "3.0 running", "3.0 pending", "3.0 held held by a person (code 1): via condor_hold (by user skydriver)", "3.0 pending", "3.0 running", "3.0 pending", "3.0 exited removed: via condor_rm (by user skydriver)"],
        await ReplayAsync(Fixture("eventlog-hold-release-abort.log"), everyEvent: true));

    [Theory]
    [InlineData("q-json-pool-unreachable.stderr", "Unreachable", "Error: Couldn't contact the condor_collector on 127.0.0.1:19999.")]
    [InlineData("q-json-schedd-down.stderr", "Unreachable", "Error: Can't find address for schedd farm1.pool.test")]
    [InlineData("q-json-schedd-unreachable.stderr", "Unreachable", "Error: Collector has no record of schedd/submitter")]
    [InlineData("submit-schedd-down.stderr", "Unreachable", "ERROR: Can't find address of local schedd")]
    [InlineData("submit-schedd-unreachable.stderr", "Unreachable", "ERROR: Can't find address of schedd nosuch@nowhere")]
    [InlineData("rm-schedd-down.stderr", "Unreachable", "condor_rm: Can't find address for schedd farm1.pool.test")]
    [InlineData("submit-bad-exe.stderr", "Refused", "ERROR: Can't access executable file /no/such/exe: No such file or directory")]
    [InlineData("rm-unknown.stderr", "Refused", "Couldn't find/remove all jobs in cluster 99999")]
    public void Classify_RecordedErrors_SaysWhatTheyMean(string name, string fault, string reason)
    {
        string error = File.ReadAllText(Recorded(name));
        Assert.Equal((fault, reason), (ToolFaults.Classify(error).ToString(), ToolFaults.Reason(error)));
    }

    [Fact]
    public void Version_Recorded_IsRead() => Assert.Equal(new Version(25, 14, 0), ToolVersion.Parse(File.ReadAllText(Recorded("version.stdout"))));

    /// <summary>The double writes what the real tools wrote, byte by byte.</summary>
    [Theory]
    [MemberData(nameof(JobLists))]
    public void Double_GivenTheRecordedJobs_WritesTheRecordedOutput(string name, int count)
    {
        string recorded = File.Exists(Recorded(name + ".stdout")) ? File.ReadAllText(Recorded(name + ".stdout")) : "";
        // The queue says nothing where the history says an empty list.
        if (count == 0 && name.StartsWith("q-", StringComparison.Ordinal)) return;
        Assert.Equal(recorded, Ad.Print(Ad.Parse(recorded), null));
    }

    private static async Task<string[]> ReplayAsync(string path, bool everyEvent)
    {
        string text = await File.ReadAllTextAsync(path), log = Path.GetTempFileName();
        try
        {
            EventLogReader reader = new(log, TimeZoneInfo.Utc);
            List<string> told = [];
            foreach (string piece in everyEvent ? text.Split("...\n")[..^1].Select(e => e + "...\n") : [text])
            {
                // Half an event is none yet.
                foreach (string half in new[] { piece[..(piece.Length / 2)], piece[(piece.Length / 2)..] })
                {
                    await File.AppendAllTextAsync(log, half);
                    IReadOnlyCollection<JobAd> jobs = await reader.ReadAsync(CancellationToken.None);
                    if (half == piece[(piece.Length / 2)..]) told.AddRange(JobLedger.Reconcile(jobs).Select(j => JobStates.Describe(j, "p")).Select(w => string.Join(' ', new object?[] { $"{w.ClusterId}.{w.ProcId}", w.State, w.ExitCode, w.Reason }.Where(p => p is not null))));
                }
            }

            return [.. told];
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static async Task<JobAnswer> ReadAsync(string path)
    {
        await using Stream stream = File.Exists(path) ? File.OpenRead(path) : new MemoryStream();
        return await JobAdReader.ReadAsync(stream, CancellationToken.None);
    }

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    // The few that go with the tests stand in where the whole collection is not at hand.
    private static string Recorded(string name) => File.Exists(Fixture(name)) ? Fixture(name) : Path.Combine(TestPaths.SharedData(Folder), name);
}
