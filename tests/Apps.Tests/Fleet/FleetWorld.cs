using System.Reflection;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The actors of the fleet with their state, a launcher and the jobs' workflows, in one thread; the process may die at any step.</summary>
internal sealed class FleetWorld : IActorProxyFactory
{
    private readonly Dictionary<string, FakeActorState> states = [];
    private readonly Dictionary<string, Actor> active = [];
    private readonly Reminders reminders = new();

    public FleetWorld(FleetOptions? options = null)
    {
        Options = options ?? new() { RoomPause = TimeSpan.FromSeconds(60) };
        Documents = new(Dapr.Store, Clock);
        Directory = new(Documents);
        Scans = new(Documents, Clock);
        Launcher = new(this);
        Dapr.OnBinding = Launcher.Answer;
        Runner = new(this);
    }

    public FleetOptions Options { get; }

    public FakeDapr Dapr { get; } = FakeDapr.Create();

    public SkippingClock Clock { get; } = new();

    public StateDocuments Documents { get; }

    public FleetDirectory Directory { get; }

    public ScanStore Scans { get; }

    /// <summary>Variations that each scan has yet to do; the scanner is away for those that are not here.</summary>
    public Dictionary<string, long> PendingOf { get; } = [];

    public FakeLauncher Launcher { get; }

    public FakeJobRunner Runner { get; }

    public IFleetActor Fleet => CreateActorProxy<IFleetActor>(new(ActorTypes.TheFleet), ActorTypes.Fleet);

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Steps that made something durable so far; the process dies at this one.</summary>
    public int? DiesAt { get; set; }

    public int Steps { get; private set; }

    public IReadOnlyCollection<string> Timers => reminders.Names;

    public IBatchActor Batch(string name) => CreateActorProxy<IBatchActor>(new(name), ActorTypes.Batch);

    public FakeActorState StateOf(string type, string id) => states.TryGetValue($"{type}/{id}", out FakeActorState? state) ? state : states[$"{type}/{id}"] = new() { OnSave = Step };

    /// <summary>One more thing is about to be durable.</summary>
    public void Step()
    {
        if (++Steps == DiesAt) throw new ProcessDied();
    }

    /// <summary>Activations go, what they saved stays.</summary>
    public void Restart()
    {
        DiesAt = null;
        active.Clear();
        reminders.Names.RemoveWhere(n => n.StartsWith("timer", StringComparison.Ordinal));
    }

    /// <summary>The fleet looks around, and its jobs run as far as they come; several times, as one may bring about another.</summary>
    public async Task CycleAsync(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            await InvokeAsync<object?>(ActorTypes.Fleet, ActorTypes.TheFleet, actor => Run(((FleetActor)actor).OnCycle()));
            await Runner.PumpAsync();
        }

        static async Task<object?> Run(Task task)
        {
            await task;
            return null;
        }
    }

    public async Task<FleetTaskV1> TaskAsync(string batch, string command = "echo", params long[] needs)
    {
        FleetAnswer<IReadOnlyList<FleetTaskV1>> made = await Batch(batch).CreateTasks(new(new([new() { Command = command, RequiredTaskIds = needs }])));
        Assert.True(made.IsOk, made.Message);
        return made.Value[0];
    }

    public async Task<WorkerV1> WorkerAsync(string name, string batch, int concurrency = 1, bool permanent = true, string? flavor = null)
    {
        FleetAnswer<WorkerV1> made = await Fleet.DeclareWorker(new(new() { Name = name, Batch = batch, Concurrency = concurrency, Status = "running", Permanent = permanent, Flavor = flavor, Provider = "local", Region = "here" }));
        Assert.True(made.IsOk, made.Message);
        await BeatAsync(made.Value);
        return made.Value;
    }

    public async Task<HeartbeatReplyV1> BeatAsync(WorkerV1 worker, params HeldExecutionV1[] held)
    {
        string batch = (await Fleet.FindWorker(worker.WorkerId)).Value!.Batch;
        FleetAnswer<HeartbeatReplyV1> answer = (await Batch(batch).Heartbeat(new([new(worker.WorkerId, Running: held)]))).Answers[0];
        Assert.True(answer.IsOk, answer.Message);
        return answer.Value;
    }

    public Task<FleetAnswer<ExecutionV1>> ReportAsync(string batch, long execution, string status, int? code = null, string? key = null) =>
        Batch(batch).UpdateExecution(new(new(execution, new() { Status = status, ReturnCode = code }), key));

    public T CreateActorProxy<T>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where T : IActor
    {
        if (actorType == ActorTypes.Scan) return ProgressProxy.Of<T>(this, actorId.GetId());
        T proxy = DispatchProxy.Create<T, TurnProxy>();
        ((TurnProxy)(object)proxy).Bind(this, actorType, actorId.GetId());
        return proxy;
    }

    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

    /// <summary>One turn, as the runtime does it.</summary>
    internal async Task<T> InvokeAsync<T>(string type, string id, Func<Actor, Task<T>> body)
    {
        string key = $"{type}/{id}";
        if (!active.TryGetValue(key, out Actor? actor)) active[key] = actor = Activate(type, id);
        if (!turns.Add(key)) throw new InvalidOperationException($"{key} is called while it waits: a deadlock.");
        try
        {
            T result = await body(actor);
            await actor.StateManager.SaveStateAsync();
            return result;
        }
        catch
        {
            await actor.StateManager.ClearCacheAsync();
            throw;
        }
        finally
        {
            turns.Remove(key);
        }
    }

    private readonly HashSet<string> turns = [];

    private Actor Activate(string type, string id)
    {
        ActorTestOptions test = new() { ActorId = new(id), TimerManager = reminders };
        ExecutionLogs logs = new(Dapr.Store, Documents, Options);
        Actor actor = type is ActorTypes.Batch
            ? new BatchActor(ActorHost.CreateForTest<BatchActor>(test), Directory, logs, new(Dapr.Store), new(Dapr), Clock, NullLogger<BatchActor>.Instance)
            : new FleetActor(ActorHost.CreateForTest<FleetActor>(test), this, Directory, new(Dapr), Runner, Options, Clock, NullLogger<FleetActor>.Instance);
        // The runtime gives an activation its state; the setter is for it alone.
        typeof(Actor).GetProperty(nameof(Actor.StateManager))!.SetValue(actor, StateOf(type, id).Activate());
        return actor;
    }

    private sealed class Reminders : ActorTimerManager
    {
        public HashSet<string> Names { get; } = [];

        public override Task RegisterReminderAsync(ActorReminder reminder) => Note($"reminder {reminder.ActorId} {reminder.Name}", true);

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => Note($"reminder {reminder.ActorId} {reminder.Name}", false);

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) => throw new NotSupportedException();

        public override Task RegisterTimerAsync(ActorTimer timer) => Note($"timer {timer.ActorId} {timer.Name}", true);

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => Note($"timer {timer.ActorId} {timer.Name}", false);

        private Task Note(string name, bool there)
        {
            if (there) Names.Add(name);
            else Names.Remove(name);
            return Task.CompletedTask;
        }
    }
}

/// <summary>The process is gone; nothing may catch this and go on.</summary>
internal sealed class ProcessDied() : Exception("The process died.");

/// <summary>A scan that says how far it is, and nothing else.</summary>
internal class ProgressProxy : DispatchProxy
{
    private FleetWorld world = null!;
    private string scan = "";

    internal static T Of<T>(FleetWorld world, string scan)
    {
        T proxy = Create<T, ProgressProxy>();
        ProgressProxy self = (ProgressProxy)(object)proxy!;
        (self.world, self.scan) = (world, scan);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Assert.Equal(nameof(IScanActor.GetProgress), targetMethod!.Name);
        return world.PendingOf.TryGetValue(scan, out long pending)
            ? Task.FromResult(new ScanProgressV1(scan, ScanActorState.Scanning, 0, 0, 0, 0, 0, 0, null, null, pending))
            : Task.FromException<ScanProgressV1>(new HttpRequestException("The scanner is away."));
    }
}

/// <summary>Calls an actor as from another process: by turns, and through JSON.</summary>
internal class TurnProxy : DispatchProxy
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly MethodInfo Typed = typeof(TurnProxy).GetMethod(nameof(CallAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;
    private FleetWorld world = null!;
    private string type = "", id = "";

    internal void Bind(FleetWorld to, string actorType, string actorId) => (world, type, id) = (to, actorType, actorId);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object?[] sent = [.. (args ?? []).Zip(targetMethod!.GetParameters(), (a, p) => JsonSerializer.Deserialize(JsonSerializer.Serialize(a, p.ParameterType, Web), p.ParameterType, Web))];
        Type returns = targetMethod.ReturnType;
        return returns == typeof(Task) ? PlainAsync(targetMethod, sent) : Typed.MakeGenericMethod(returns.GetGenericArguments()[0]).Invoke(this, [targetMethod, sent]);
    }

    private async Task PlainAsync(MethodInfo method, object?[] args) => await world.InvokeAsync<object?>(type, id, async actor =>
    {
        await (Task)method.Invoke(actor, args)!;
        return null;
    });

    private async Task<T> CallAsync<T>(MethodInfo method, object?[] args)
    {
        T result = await world.InvokeAsync(type, id, actor => (Task<T>)method.Invoke(actor, args)!);
        return JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(result, Web), Web)!;
    }
}
