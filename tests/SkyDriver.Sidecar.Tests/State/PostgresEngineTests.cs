using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Actors;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>A PostgreSQL store under the engines: what one process wrote, the next goes on with.</summary>
public sealed class PostgresEngineTests
{
    [Fact]
    public async Task Workflow_TheProcessDiesAtAWrite_TheNextOneEndsIt()
    {
        await using PostgresServer server = PostgresServer.Find();
        await using (PostgresStateStore disk = server.Open(TimeProvider.System))
        {
            MortalStore mortal = new(disk, fatalWrite: 4, written: true);
            await using EngineHost first = await EngineHost.StartAsync(mortal);
            await using TestWorker worker = new(first.Connection.Address, History.Chain, Run);
            await first.StartInstanceAsync("one", input: "seed");
            await Until.EndsAsync(mortal.Died.Task);
        }

        await using PostgresStateStore again = server.Open(TimeProvider.System);
        await using EngineHost second = await EngineHost.StartAsync(again);
        await using TestWorker other = new(second.Connection.Address, History.Chain, Run);
        WorkflowState end = await second.EndAsync("one");
        Assert.Equal((WorkflowStatus.Completed, "step4(step3(step2(step1(step0(seed)))))"), (end.Status, end.Output));

        static string Run(ActivityRequest activity) => $"{activity.Name}({activity.Input})";
    }

    [Fact]
    public async Task Actors_StateAndReminders_OutliveTheProcess()
    {
        await using PostgresServer server = PostgresServer.Find();
        ManualClock clock = new();
        await using TestApp app = await TestApp.StartAsync();
        await using (PostgresStateStore store = server.Open(clock))
        {
            await using ActorHost host = new(store, clock);
            Actors.Sidecar sidecar = await host.AddAsync("app", app);
            Assert.Equal(200, (await sidecar.CallAsync("one", "wake")).Status);
            Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Post, "Counter/one/state", """[{"operation":"upsert","request":{"key":"count","value":7}},{"operation":"upsert","request":{"key":"name","value":"x"}}]""")).Status);
            Assert.Equal(204, (await sidecar.RemindAsync("one", "tick", """{"dueTime":"1h","data":"later"}""")).Status);
        }

        await using PostgresStateStore again = server.Open(clock);
        await using ActorHost next = new(again, clock);
        Actors.Sidecar other = await next.AddAsync("app", app);
        Assert.Equal(200, (await other.CallAsync("one", "wake")).Status);
        Assert.Equal((200, "7"), await other.SendAsync(HttpMethod.Get, "Counter/one/state/count"));
        clock.Advance(TimeSpan.FromHours(1));
        await EngineHost.UntilAsync(() => Task.FromResult(app.At("/remind/tick").Any()), "the reminder fires");
    }
}
