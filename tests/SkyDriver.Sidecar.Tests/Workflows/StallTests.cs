using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>Instances that no connected worker can go on with wait, with all they have, for one that can.</summary>
public sealed class StallTests
{
    [Fact]
    public async Task Patches_ThatTheHistoryHasAndTheWorkerLacks_StallUntilAWorkerHasThem()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using (var first = new TestWorker(host.Connection.Address, Echo) { Version = new WorkflowVersion { Patches = { "p1" } } })
        {
            await host.StartInstanceAsync("one");
            await host.CallAsync("WaitForInstanceStart", new GetInstanceRequest { InstanceId = "one" }, GetInstanceResponse.Parser);
        }

        await using (var old = new TestWorker(host.Connection.Address, Echo) { Version = new WorkflowVersion { Patches = { "p2" } } })
        {
            await host.RaiseAsync("one", "go", "x");
            await EngineHost.UntilAsync(async () => (await host.GetAsync("one"))!.Status == WorkflowStatus.Stalled, "the instance stalls");
            var stalled = (await host.HistoryAsync("one"))[^1].ExecutionStalled;
            Assert.Equal((StalledReason.PatchMismatch, "Patch mismatch. History: [p1], worker: [p2]"), (stalled.Reason, stalled.Description));
        }

        await using var good = new TestWorker(host.Connection.Address, Echo) { Version = new WorkflowVersion { Patches = { "p1", "p3" } } };
        Assert.Equal("x", (await host.EndAsync("one")).Output);
        Assert.Equal(["p1", "p3"], (await host.HistoryAsync("one")).Last(e => e.WorkflowStarted is not null).WorkflowStarted.Version.Patches);
    }

    [Fact]
    public async Task Version_NotAvailable_IsAskedOnceOfEachWorker_AndNotedOnce()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var first = new TestWorker(host.Connection.Address, VersionMissing);
        await host.StartInstanceAsync("one");
        await EngineHost.UntilAsync(async () => (await host.GetAsync("one"))!.Status == WorkflowStatus.Stalled, "the instance stalls");
        await using var second = new TestWorker(host.Connection.Address, VersionMissing);
        await EngineHost.UntilAsync(() => Task.FromResult(first.Items.Count + second.Items.Count == 2), "it is tried once more");

        // The third worker's turn is the last: with a loop in between there would be more of them.
        await using var third = new TestWorker(host.Connection.Address, Echo);
        await host.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one" }, TerminateResponse.Parser);
        var history = await host.HistoryAsync("one");
        Assert.Equal(StalledReason.VersionNotAvailable, history.Single(e => e.ExecutionStalled is not null).ExecutionStalled.Reason);
        Assert.InRange(first.Items.Count + second.Items.Count + third.Items.Count, 2, 3);
    }

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);

    private static IEnumerable<WorkflowAction> VersionMissing(History history) =>
        [new WorkflowAction { WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() }];

    private static IEnumerable<WorkflowAction> Echo(History history) =>
        history.Raised.FirstOrDefault() is { } raised ? [History.End(0, raised.Input)] : [];
}
