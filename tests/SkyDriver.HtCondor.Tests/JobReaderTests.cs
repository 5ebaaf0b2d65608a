using System.Text;
using SkyDriver.HtCondor.Jobs;

namespace SkyDriver.HtCondor.Tests;

public sealed class JobReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" \n\n")]
    [InlineData("[\n]\n")]
    [InlineData("All queues are empty\n")]
    public async Task Read_NoJobs_InAnyForm(string output)
    {
        JobAnswer answer = await ReadAsync(output);
        Assert.Equal((0, null), (answer.Jobs.Count, answer.Stray));
    }

    [Theory]
    [InlineData("Failed to fetch ads from: <127.0.0.1>\n")]
    [InlineData("[\n{\n  \"ClusterId\": 1,\n")]
    [InlineData("[\n{\n  \"ClusterId\": 1,\n  \"ProcId\": 0\n}\n")]
    [InlineData("[\n{\n  \"ClusterId\": \"x\"\n}\n]\n")]
    [InlineData("[ 1 ]")]
    [InlineData("{\"ClusterId\": 1}")]
    public async Task Read_AnythingElse_IsSaidAndIsNoJob(string output)
    {
        JobAnswer answer = await ReadAsync(output);
        Assert.Empty(answer.Jobs);
        Assert.NotNull(answer.Stray);
    }

    [Fact]
    public async Task Read_ValuesOfUnexpectedKinds_CountAsAbsent()
    {
        JobAd job = (await ReadAsync("""[{"ClusterId": 1, "ProcId": 2, "JobStatus": 5, "HoldReason": null, "HoldReasonCode": "\/Expr(x)\/", "ExitBySignal": 1, "EnteredCurrentStatus": 1.5, "Nested": {"A": [1]}, "RemoteHost": {}}]""")).Jobs.Single();
        Assert.Equal((1, 2, 5L), (job.ClusterId, job.ProcId, job.JobStatus));
        Assert.Equal((null, null, null, null, null), (job.HoldReason, job.HoldReasonCode, job.ExitBySignal, job.EnteredCurrentStatus, job.RemoteHost));
        Assert.Equal("held (no code)", JobStates.Describe(job, "p").Reason);
    }

    [Theory]
    [InlineData(1, "pending", null)]
    [InlineData(2, "running", null)]
    [InlineData(3, "exited", "removed")]
    [InlineData(4, "exited", null)]
    [InlineData(6, "running", "its output is being transferred")]
    [InlineData(7, "running", "suspended")]
    [InlineData(9, "pending", "HTCondor says JobStatus 9, which is not known here")]
    public void Describe_EveryStatus(int status, string state, string? reason)
    {
        WorkerStatus worker = JobStates.Describe(new() { ClusterId = 4, ProcId = 1, JobStatus = status, ScanId = "a%20b", EnteredCurrentStatus = 1_795_235_460 }, "sub-2");
        Assert.Equal(("sub-2-4.1", "a b", state, reason), (worker.Id, worker.ScanId, worker.State, worker.Reason));
        Assert.Equal(DateTimeOffset.Parse("2026-11-21T04:31:00Z"), worker.Since);
    }

    [Theory]
    [InlineData(4, 0, "its credentials are not valid (code 4)")]
    [InlineData(6, 2, "its program cannot be started (code 6.2)")]
    [InlineData(14, 2, "its initial directory cannot be reached (code 14.2)")]
    [InlineData(15, 0, "submitted on hold (code 15)")]
    [InlineData(21, 0, "the job, or its wrapper, asked to be held (code 21)")]
    [InlineData(26, 0, "held by the policy of the schedd (code 26)")]
    [InlineData(32, 0, "its input files are larger than allowed (code 32)")]
    [InlineData(33, 0, "its output files are larger than allowed (code 33)")]
    [InlineData(34, 102, "it needed more memory than it asked for (code 34.102)")]
    [InlineData(34, 104, "it needed more disk than it asked for (code 34.104)")]
    [InlineData(35, 0, "its container image cannot be used (code 35)")]
    [InlineData(45, 0, "the machine's container runtime failed its test (code 45)")]
    [InlineData(46, 0, "it was in the queue for longer than allowed (code 46)")]
    [InlineData(999, 0, "held (code 999)")]
    public void Describe_HoldCodes_InWords(int code, int subCode, string words)
    {
        Assert.Equal(words, HoldReasons.Describe(code, subCode, null));
        Assert.Equal("held", JobStates.Describe(new() { JobStatus = 5, HoldReasonCode = code }, "p").State);
    }

    [Fact]
    public void Describe_FilesOnTheirWayToTheSchedd_IsPending() =>
        Assert.Equal(("pending", "its input files are being sent to the schedd (code 16)"), (JobStates.Describe(new() { JobStatus = 5, HoldReasonCode = 16, HoldReason = "Spooling input data files" }, "p") is var w ? w.State : "", w.Reason));

    [Fact]
    public void Reconcile_QueueAndHistoryDisagree_TheEndIsRight()
    {
        JobAd[] queue = [new() { ClusterId = 1, ProcId = 0, JobStatus = 2, EnteredCurrentStatus = 99 }, new() { ClusterId = 1, ProcId = 1, JobStatus = 1, EnteredCurrentStatus = 5 }, new() { ClusterId = 1, ProcId = 2, JobStatus = 1 }];
        JobAd[] other = [new() { ClusterId = 1, ProcId = 0, JobStatus = 4, EnteredCurrentStatus = 50 }, new() { ClusterId = 1, ProcId = 1, JobStatus = 2, EnteredCurrentStatus = 6 }, new() { ClusterId = 1, ProcId = 3, JobStatus = 4 }];
        Assert.Equal([4L, 2L, 1L, 4L], JobLedger.Reconcile(queue, other).Select(j => j.JobStatus!.Value));
        Assert.Equal([4L, 2L, 1L, 4L], JobLedger.Reconcile(other, queue).Select(j => j.JobStatus!.Value));
    }

    [Fact]
    public async Task EventLog_Garbage_ChangesNothing()
    {
        string log = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(log, "...\nrubbish\n...\n005 (999999999999.000.000) 2026-11-21 04:29:53 Job terminated.\n...\n012 (007.001.000) 11/21 04:29:53 Job was held.\n\tx\n...\n999 (007.001.000) 2026-11-21 04:29:53 ?\n...\n" + new string('a', 200_000));
            EventLogReader reader = new(log, TimeZoneInfo.Utc);
            JobAd job = (await reader.ReadAsync(CancellationToken.None)).Single();
            Assert.Equal((7, 1, 5L, null), (job.ClusterId, job.ProcId, job.JobStatus, job.EnteredCurrentStatus));
        }
        finally
        {
            File.Delete(log);
        }
    }

    // In pieces that end anywhere, as pipes deliver them.
    private static async Task<JobAnswer> ReadAsync(string output)
    {
        await using Stream stream = new Dripping(Encoding.UTF8.GetBytes(output));
        return await JobAdReader.ReadAsync(stream, CancellationToken.None);
    }

    private sealed class Dripping(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(3, buffer.Length)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
