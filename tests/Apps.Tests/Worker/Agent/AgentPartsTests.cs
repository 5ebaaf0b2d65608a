using System.Text;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Worker.Agent;

namespace SkyDriver.Apps.Tests.Worker.Agent;

/// <summary>The smaller parts of a worker of the fleet.</summary>
public sealed class AgentPartsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("skydriver-agent-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Gate_Room_GoesToTheHighestPriorityThenToTheFirst()
    {
        StartGate gate = new();
        gate.Set(1, isOpen: true, []);
        IDisposable running = await gate.EnterAsync(1, 1, 0, CancellationToken.None);
        Task<IDisposable> second = gate.EnterAsync(2, 1, 0, CancellationToken.None), third = gate.EnterAsync(3, 1, 0, CancellationToken.None), urgent = gate.EnterAsync(4, 1, 5, CancellationToken.None);
        running.Dispose();
        (await urgent).Dispose();
        IDisposable next = await second;
        Assert.False(third.IsCompleted);
        next.Dispose();
        (await third).Dispose();
    }

    [Fact]
    public async Task Gate_ClosedHeldOrLowered_StartsNothingAndStopsNothing()
    {
        StartGate gate = new();
        Task<IDisposable> first = gate.EnterAsync(1, 1, 0, CancellationToken.None), second = gate.EnterAsync(2, 1, 0, CancellationToken.None);
        gate.Set(2, isOpen: false, []);
        Assert.False(first.IsCompleted);
        gate.Set(2, isOpen: true, held: [1]);
        using IDisposable running = await second;
        Assert.False(first.IsCompleted);
        gate.Set(1, isOpen: true, []);
        Assert.False(first.IsCompleted);
        gate.Set(2, isOpen: true, []);
        (await first).Dispose();
    }

    [Fact]
    public async Task Gate_WhoeverGivesUpWaiting_TakesNoRoom()
    {
        StartGate gate = new();
        using CancellationTokenSource stop = new();
        Task<IDisposable> gone = gate.EnterAsync(1, 1, 0, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        gate.Set(1, isOpen: true, []);
        (await gate.EnterAsync(2, 1, 0, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task Gate_LargeTaskThatWaits_IsNotOvertakenForEver()
    {
        StartGate gate = new();
        gate.Set(2, isOpen: true, []);
        IDisposable running = await gate.EnterAsync(1, 1, 0, CancellationToken.None);
        Task<IDisposable> large = gate.EnterAsync(2, 2, 0, CancellationToken.None), small = gate.EnterAsync(3, 1, 0, CancellationToken.None);
        Assert.False(small.IsCompleted);
        running.Dispose();
        (await large).Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task Gate_TaskLargerThanTheWorker_RunsAlone()
    {
        StartGate gate = new();
        gate.Set(2, isOpen: true, []);
        IDisposable running = await gate.EnterAsync(1, 1, 0, CancellationToken.None);
        Task<IDisposable> larger = gate.EnterAsync(2, 8, 0, CancellationToken.None);
        Assert.False(larger.IsCompleted);
        running.Dispose();
        IDisposable alone = await larger;
        Task<IDisposable> next = gate.EnterAsync(3, 1, 0, CancellationToken.None);
        Assert.False(next.IsCompleted);
        alone.Dispose();
        (await next).Dispose();
    }

    [Theory]
    [InlineData("plain\n", "plain\n")]
    [InlineData("grün € 🌌", "grün € 🌌")]
    public async Task Spool_WhatIsWritten_IsReadBackFromEveryOffset(string text, string expected)
    {
        using LogSpool spool = new(Path.Combine(folder, "log"), 1 << 20);
        await spool.FillAsync(new Drip(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        Assert.True(spool.IsEnded);
        Assert.Equal((expected, Encoding.UTF8.GetByteCount(expected)), (spool.Read(0), spool.Length));
        Assert.Equal("", spool.Read(spool.Length));
    }

    [Fact]
    public async Task Spool_BytesThatAreNoText_BecomeText()
    {
        using LogSpool spool = new(Path.Combine(folder, "log"), 1 << 20);
        await spool.FillAsync(new Drip([0x41, 0xff, 0x42, 0xe2, 0x82]), CancellationToken.None);
        Assert.Equal("A\uFFFDB\uFFFD", spool.Read(0));
        Assert.Equal(Encoding.UTF8.GetByteCount(spool.Read(0)), spool.Length);
    }

    [Fact]
    public async Task Spool_MoreThanItsCap_KeepsTheBeginningAndSaysHowMuchIsMissing()
    {
        string path = Path.Combine(folder, "log");
        using LogSpool spool = new(path, 10);
        await spool.FillAsync(new MemoryStream(Encoding.UTF8.GetBytes(new string('€', 100_000))), CancellationToken.None);
        Assert.Equal($"€€€\n[{300_000 - 9} bytes more were printed and not kept]\n", spool.Read(0));
        Assert.InRange(new FileInfo(path).Length, 1, 200);
    }

    [Fact]
    public async Task Spool_LongText_IsReadInPiecesOfWholeCharacters()
    {
        string text = string.Concat(Enumerable.Repeat("a🌌€", 60_000));
        using LogSpool spool = new(Path.Combine(folder, "log"), 1 << 20);
        await spool.FillAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        StringBuilder read = new();
        for (long at = 0; at < spool.Length;)
        {
            string piece = spool.Read(at);
            Assert.InRange(Encoding.UTF8.GetByteCount(piece), 1, LogSpool.MostPerPiece);
            read.Append(piece);
            at += Encoding.UTF8.GetByteCount(piece);
        }

        Assert.Equal(text, read.ToString());
    }

    [Fact]
    public void Container_Command_IsAVectorThatNothingSplits()
    {
        TaskFolder at = new("/w/1");
        FleetTaskV1 task = new() { Command = "x", Status = "running", Batch = "b", Container = "img:1", ContainerOptions = "--gpus all -v '/my data:/d; rm -rf /'" };
        Launch docker = ContainerCommand.Build("docker", "skydriver-1", task, at, ["echo", "a b; $(id)"], new Dictionary<string, string> { ["CPU"] = "2" });
        Assert.Equal(
            ["docker", "run", "--rm", "--name", "skydriver-1", "--workdir", "/tmp", "--mount", "type=bind,source=/w/1/input,target=/input", "--mount", "type=bind,source=/w/1/output,target=/output",
                "--mount", "type=bind,source=/w/1/resource,target=/resource,readonly", "--mount", "type=bind,source=/w/1/tmp,target=/tmp", "--env", "CPU=2", "--gpus", "all", "-v", "/my data:/d; rm -rf /",
                "img:1", "echo", "a b; $(id)"],
            docker.Arguments);
        Assert.Equal(new ContainerHandle("docker", "skydriver-1"), docker.Container);
        Launch apptainer = ContainerCommand.Build("/opt/bin/apptainer", "skydriver-1", task with { ContainerOptions = "" }, at, ["echo"], new Dictionary<string, string> { ["CPU"] = "2" });
        Assert.Equal(
            ["/opt/bin/apptainer", "exec", "--pwd", "/tmp", "--bind", "/w/1/input:/input:rw", "--bind", "/w/1/output:/output:rw", "--bind", "/w/1/resource:/resource:ro", "--bind", "/w/1/tmp:/tmp:rw",
                "--env", "CPU=2", "img:1", "echo"],
            apptainer.Arguments);
        Assert.Null(apptainer.Container);
    }

    [Theory]
    [InlineData(FleetSignal.Kill, "kill")]
    [InlineData(FleetSignal.Terminate, "stop")]
    [InlineData(FleetSignal.Quit, "stop")]
    [InlineData(FleetSignal.Pause, "pause")]
    [InlineData(FleetSignal.Resume, "unpause")]
    public void Container_Signal_IsTheEnginesOwn(int signal, string word) =>
        Assert.Equal(["podman", word, "skydriver-1"], ContainerCommand.Signal(new("podman", "skydriver-1"), signal));

    [Fact]
    public void Failures_ManyInARow_MeanQuarantineUntilItIsLifted()
    {
        FailureCount failures = new(3);
        failures.Failed("disk");
        failures.Failed("disk");
        failures.Note("a command ended with code 1");
        failures.Succeeded();
        failures.Failed("net");
        failures.Failed("disk");
        Assert.Null(failures.Quarantine);
        failures.Failed("disk");
        Assert.Equal("3 failures in a row, the last: disk", failures.Quarantine);
        Assert.Equal([("disk", 4), ("a command ended with code 1", 1), ("net", 1)], failures.Top.Select(t => (t.Key, t.Value)));
        failures.Lift();
        Assert.Null(failures.Quarantine);
        FailureCount never = new(0);
        for (int i = 0; i < 100; i++) never.Failed("x");
        Assert.Null(never.Quarantine);
    }

    [Fact]
    public void WorkFolder_Clean_RemovesWhatNoExecutionUses()
    {
        WorkFolder work = new(folder);
        TaskFolder failed = work.Open(1), good = work.Open(2), open = work.Open(3);
        File.WriteAllText(Path.Combine(failed.Output, "x"), "");
        work.Close(failed, isKept: true);
        work.Close(good, isKept: false);
        Assert.Equal((true, false, true), (Directory.Exists(failed.Path), Directory.Exists(good.Path), Directory.Exists(open.Path)));
        work.Clean();
        Assert.Equal((false, true), (Directory.Exists(failed.Path), Directory.Exists(open.Path)));
        // The same execution again, as after this worker was killed, begins with nothing.
        work.Close(open, isKept: true);
        File.WriteAllText(Path.Combine(open.Output, "old"), "");
        Assert.Empty(Directory.EnumerateFiles(work.Open(3).Output));
    }

    /// <summary>One byte at a time.</summary>
    private sealed class Drip(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }
}
