using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>One fault, armed at one call. Whatever it is and wherever it strikes: the work completes, and counts once.</summary>
public sealed class FaultTests
{
    /// <summary>More than the journey needs, so that each of its writes is struck once.</summary>
    private const int Writes = 12;

    public static TheoryData<WriteFault, int> BadWrites()
    {
        TheoryData<WriteFault, int> table = [];
        foreach (var fault in Enum.GetValues<WriteFault>())
        {
            for (int write = 1; write <= Writes; write++) table.Add(fault, write);
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(BadWrites))]
    public async Task Store_OneBadWrite_TheJourneyEndsAsEver(WriteFault fault, int badWrite)
    {
        var clock = new ManualClock();
        var store = new FaultyStore(new InMemoryStateStore(clock), fault, badWrite);
        await using var host = await EngineHost.StartAsync(store, clock);
        await using var worker = new TestWorker(host.Connection.Address, Journey.Run, Journey.Work);
        await JourneyAsync(host, clock);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Stream_DropsWithAnItemInHand_TheJourneyEndsAsEver(int item)
    {
        var clock = new ManualClock();
        await using var host = await EngineHost.StartAsync(new InMemoryStateStore(clock), clock);
        int seen = 0;
        var dropped = new TaskCompletionSource();
        var dying = new TestWorker(host.Connection.Address, h => Lives() ? Journey.Run(h) : null, a => Lives() ? Journey.Work(a) : null);
        var replaced = ReplaceAsync();
        await JourneyAsync(host, clock);
        await using var worker = await replaced;

        bool Lives()
        {
            if (++seen < item) return true;
            dropped.TrySetResult();
            return false;
        }

        async Task<TestWorker> ReplaceAsync()
        {
            await dropped.Task;
            await dying.DisposeAsync();
            return new TestWorker(host.Connection.Address, Journey.Run, Journey.Work);
        }
    }

    [Fact]
    public async Task Completions_AllSentTwice_CountOnce()
    {
        var clock = new ManualClock();
        await using var host = await EngineHost.StartAsync(new InMemoryStateStore(clock), clock);
        await using var worker = new TestWorker(host.Connection.Address, Journey.Run, Journey.Work) { AnswersTwice = true };
        await JourneyAsync(host, clock);
    }

    [Fact]
    public async Task Items_HandedOutAgain_TheLateAnswerOfTheFirstWorkerIsVoid()
    {
        await using var host = await EngineHost.StartAsync(new InMemoryStateStore(TimeProvider.System));
        string stale;
        await using (var lost = new TestWorker(host.Connection.Address, History.Chain, _ => null))
        {
            await host.StartInstanceAsync("one", input: "seed");
            await EngineHost.UntilAsync(() => Task.FromResult(lost.Items.Any(i => i.ActivityRequest is not null)), "the worker has the activity");
            stale = lost.Items.Last().CompletionToken;
        }

        // Until the engine has seen the stream go, the first worker still has the item and its answer counts.
        await EngineHost.UntilAsync(() => Task.FromResult(host.Engine.ConnectedWorkers == 0), "the engine has seen the first worker go");
        await host.CallAsync("CompleteActivityTask", new ActivityResponse { InstanceId = "one", CompletionToken = stale, Result = "too late" }, CompleteTaskResponse.Parser);
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        Assert.Equal("step4(step3(step2(step1(step0(seed)))))", (await host.EndAsync("one")).Output);
    }

    private static async Task JourneyAsync(EngineHost host, ManualClock clock)
    {
        await InsistAsync(() => host.StartInstanceAsync("one"));
        await InsistAsync(() => host.RaiseAsync("one", Journey.Event, "x"));
        await EngineHost.UntilAsync(async () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(500));
            return (await host.GetAsync("one"))!.Status == WorkflowStatus.Completed;
        }, "the journey ends");
        Assert.Equal(Journey.Result("one", "x"), (await host.EndAsync("one")).Output);
        Journey.AssertCountedOnce(await host.HistoryAsync("one"));
        Journey.AssertCountedOnce(await host.HistoryAsync("one-kid"));
    }

    /// <summary>A client asks again when it was told of a failure; that it has succeeded before is what it wants to hear.</summary>
    private static async Task InsistAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException)
        {
            try
            {
                await call();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
            {
                // The first call was good after all.
            }
        }
    }
}
