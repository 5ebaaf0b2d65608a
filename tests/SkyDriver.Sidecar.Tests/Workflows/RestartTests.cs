using System.Collections.Concurrent;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>The process dies at each of its writes in turn, and every time the next one brings the workflow to the same end.</summary>
public sealed class RestartTests
{
    /// <summary>Start, a turn for each of five activities and one for the end; a write more is never reached.</summary>
    private const int ChainWrites = 7;

    public static TheoryData<int, bool> Deaths()
    {
        TheoryData<int, bool> deaths = [];
        for (int write = 2; write <= ChainWrites; write++)
        {
            deaths.Add(write, false);
            deaths.Add(write, true);
        }

        return deaths;
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task FiveActivities_DeathAtAnyWrite_SameResult(int fatalWrite, bool written)
    {
        var disk = new InMemoryStateStore(TimeProvider.System);
        ConcurrentQueue<string> ran = [];
        var mortal = new MortalStore(disk, fatalWrite, written);
        await using (var first = await EngineHost.StartAsync(mortal))
        {
            await using var worker = new TestWorker(first.Connection.Address, History.Chain, Run);
            await first.StartInstanceAsync("one", input: "seed");
            await Until.EndsAsync(mortal.Died.Task);
        }

        await using var second = await EngineHost.StartAsync(disk);
        await using var other = new TestWorker(second.Connection.Address, History.Chain, Run);
        var end = await second.EndAsync("one");

        Assert.Equal((WorkflowStatus.Completed, "step4(step3(step2(step1(step0(seed)))))"), (end.Status, end.Output));
        Assert.Equal(["step0", "step1", "step2", "step3", "step4"], ran.Distinct());
        Assert.InRange(ran.Count, 5, 6);

        string Run(ActivityRequest activity)
        {
            ran.Enqueue(activity.Name);
            return $"{activity.Name}({activity.Input})";
        }
    }

    [Fact]
    public async Task FiveActivities_OneWritePerTurn()
    {
        var store = new MortalStore(new InMemoryStateStore(TimeProvider.System), int.MaxValue, written: true);
        await using var host = await EngineHost.StartAsync(store);
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        await host.StartInstanceAsync("one", input: "seed");
        await host.EndAsync("one");
        Assert.Equal(ChainWrites, store.Writes);
    }

    [Fact]
    public async Task Sqlite_RestartInTheMiddle_GoesOn()
    {
        string file = Path.Combine(Path.GetTempPath(), $"engine-{Guid.NewGuid():N}.db");
        try
        {
            await using (var store = OpenFile(file))
            await using (var first = await EngineHost.StartAsync(store))
            {
                await using var worker = new TestWorker(first.Connection.Address, Wait);
                await first.StartInstanceAsync("one", input: "seed");
                await EngineHost.UntilAsync(async () => (await first.GetAsync("one"))!.Status == WorkflowStatus.Running, "the workflow runs");
                await first.RaiseAsync("one", "go", "a");
            }

            await using var again = OpenFile(file);
            await using var second = await EngineHost.StartAsync(again);
            await using var other = new TestWorker(second.Connection.Address, Wait);
            await second.RaiseAsync("one", "go", "b");
            Assert.Equal("ab", (await second.EndAsync("one")).Output);
        }
        finally
        {
            foreach (string path in Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*")) File.Delete(path);
        }

        static IEnumerable<WorkflowAction> Wait(History history) =>
            history.Raised.Count() < 2 ? [] : [History.End(0, string.Concat(history.Raised.Select(e => e.Input)))];
    }

    private static SqliteStateStore OpenFile(string file) => new(new SqliteSettings { ConnectionString = $"Data Source={file};Pooling=False" }, TimeProvider.System);

    [Fact]
    public async Task Child_DeathAtAnyWrite_ParentHearsOfIt()
    {
        for (int fatalWrite = 2; fatalWrite <= 5; fatalWrite++)
        {
            var disk = new InMemoryStateStore(TimeProvider.System);
            var mortal = new MortalStore(disk, fatalWrite, written: true);
            await using (var first = await EngineHost.StartAsync(mortal))
            {
                await using var worker = new TestWorker(first.Connection.Address, Parent);
                await first.StartInstanceAsync("one");
                await Until.EndsAsync(mortal.Died.Task);
            }

            await using var second = await EngineHost.StartAsync(disk);
            await using var other = new TestWorker(second.Connection.Address, Parent);
            Assert.Equal("hi", (await second.EndAsync("one")).Output);
        }

        static IEnumerable<WorkflowAction> Parent(History history) =>
            history.Request.InstanceId == "kid" ? [History.End(0, "hi")]
            : !history.HasAsked(0) ? [History.Child(0, "kid", "child")]
            : history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted is not null) is { } done ? [History.End(1, done.ChildWorkflowInstanceCompleted.Result)]
            : [];
    }
}
