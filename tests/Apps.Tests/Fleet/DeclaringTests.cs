using Dapr;
using SkyDriver.Api.Fleet;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>Workers that declare themselves at the same time share the turns of the fleet and of their batches, and so their writes.</summary>
public sealed class DeclaringTests
{
    private readonly FleetWorld world = new();

    private FakeActorState FleetState => world.StateOf(ActorTypes.Fleet, ActorTypes.TheFleet);

    [Fact]
    public async Task DeclareWorkers_ManyOfTwoBatches_AreThereWithOneWriteOfEach()
    {
        IReadOnlyList<FleetAnswer<WorkerV1>> made = await world.Fleet.DeclareWorkers([.. Enumerable.Range(0, 300).Select(i => Declaration($"w{i}", i % 2 == 0 ? "even" : "odd"))]);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (201, $"w{i}", i % 2 == 0 ? "even" : "odd", 3)), made.Select(a => (a.Status, a.Value!.Name, a.Value.Batch, a.Value.Concurrency)));
        Assert.Equal(300, made.Select(a => a.Value!.WorkerId).Distinct().Count());
        Assert.Equal((1, 1, 1), (FleetState.Saves, world.StateOf(ActorTypes.Batch, "even").Saves, world.StateOf(ActorTypes.Batch, "odd").Saves));
        world.Restart();
        Assert.Equal(made.Select(a => a.Value!.WorkerId), (await world.Fleet.DeclareWorkers([.. Enumerable.Range(0, 300).Select(i => Declaration($"w{i}", "odd"))])).Select(a => a.Status == 200 ? a.Value!.WorkerId : -1));
        Assert.Equal(1, FleetState.Saves);
    }

    [Fact]
    public async Task DeclareWorkers_WithKeys_AreRemembered()
    {
        FleetCommand<NewWorkerV1> first = Declaration("w", "b") with { Key = "k1" }, other = Declaration("v", "b") with { Key = "k2" };
        FleetAnswer<WorkerV1>[] made = [.. await world.Fleet.DeclareWorkers([first, other, first, other with { Key = "k1" }, Declaration("w", "b")])];
        Assert.Equal([201, 201, 201, 409, 200], made.Select(a => a.Status));
        Assert.Equal(made[0].Value!.WorkerId, made[2].Value!.WorkerId);
        Assert.Equal(made[0].Value!.WorkerId, made[4].Value!.WorkerId);
        // The workers before their batch is told, and the keys with the turn.
        Assert.Equal((2, 1), (FleetState.Saves, world.StateOf(ActorTypes.Batch, "b").Saves));
        world.Restart();
        Assert.Equal([(201, made[0].Value!.WorkerId), (409, 0), (201, made[1].Value!.WorkerId)],
            (await world.Fleet.DeclareWorkers([first, first with { Key = "k2" }, other])).Select(a => (a.Status, a.Value?.WorkerId ?? 0)));
    }

    [Fact]
    public async Task DeclareWorkers_SomeThatCannotBe_LeaveTheOthersAlone()
    {
        world.StateOf(ActorTypes.Batch, "away").OnSave = () => throw new DaprException("the store is away");
        FleetAnswer<WorkerV1>[] made = [.. await world.Fleet.DeclareWorkers(
            [Declaration("w1", "b"), new(new() { Name = "w2", Concurrency = -1, Batch = "a/b" }), Declaration("w3", "away"), Declaration("w4", "b") with { Key = "\n" }, Declaration("w5", "b")])];
        Assert.Equal([201, 400, 503, 400, 201], made.Select(a => a.Status));
        Assert.Contains("'away'", made[2].Message);
        world.StateOf(ActorTypes.Batch, "away").OnSave = null;
        Assert.Equal(200, (await world.Fleet.DeclareWorker(Declaration("w3", "away"))).Status);
    }

    [Fact]
    public async Task Collector_AThousandAtOnce_ShareAFewTurns()
    {
        const int Workers = 1000;
        DeclarationCollector collector = new(new FleetLocator(world.Directory, world), TimeProvider.System);
        using ManualResetEventSlim sent = new();
        // The first turn waits at its write until all have come.
        FleetState.OnSave = () => Assert.True(sent.Wait(Until.Patience));
        Task<FleetAnswer<WorkerV1>>[] all = [.. Enumerable.Range(0, Workers).Select(i => collector.SendAsync(Declaration($"w{i}", "b")))];
        sent.Set();
        FleetAnswer<WorkerV1>[] answers = await Until.EndsAsync(Task.WhenAll(all));
        Assert.Equal(Enumerable.Range(0, Workers).Select(i => $"w{i}"), answers.Select(a => a.Value!.Name));
        Assert.InRange(FleetState.Saves, Workers / DeclarationCollector.MaxDeclared, (Workers / DeclarationCollector.MaxDeclared) + 1);
        Assert.Equal(FleetState.Saves, world.StateOf(ActorTypes.Batch, "b").Saves);
    }

    [Fact]
    public async Task Collector_FleetThatFails_TellsEachAndTheNextIsAnotherTry()
    {
        DeclarationCollector collector = new(new FleetLocator(world.Directory, world), TimeProvider.System);
        FleetState.OnSave = () => throw new DaprException("the store is away");
        await Assert.ThrowsAsync<DaprException>(() => collector.SendAsync(Declaration("w", "b")));
        FleetState.OnSave = null;
        Assert.Equal(201, (await collector.SendAsync(Declaration("w", "b"))).Status);
    }

    private static FleetCommand<NewWorkerV1> Declaration(string name, string batch) => new(new() { Name = name, Hostname = "h", Concurrency = 3, Batch = batch, Status = "running" });
}
