using System.Diagnostics.Metrics;
using System.Reflection;
using Castle.DynamicProxy;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Dapr.Client;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator.Fleet;
using SkyDriver.Scanner;

namespace SkyDriver.Apps.Tests.Observability;

/// <summary>Whatever fails at the store is counted, values by key and what actors save, and nobody who uses them has to think of it.</summary>
public sealed class StoreCallsTests : IDisposable
{
    private static readonly ProxyGenerator Generator = new();
    private readonly CountedErrors counted = new();

    public static TheoryData<string> OfStore => [.. typeof(StateStore).GetMethods().Where(m => m.DeclaringType == typeof(StateStore)).Select(m => m.Name)];

    public static TheoryData<string> OfActorState => [.. typeof(IActorStateManager).GetMethods().Select(m => m.Name).Distinct()];

    [Theory]
    [MemberData(nameof(OfStore))]
    public async Task Store_CallThatFails_IsCountedByWhatItDoesAndStillFails(string method)
    {
        StateStore store = new((DaprClient)Generator.CreateClassProxy(typeof(DaprClient), new Failure(new DaprException("the store is away"))));
        await Assert.ThrowsAsync<DaprException>(() => Call(store, typeof(StateStore).GetMethod(method)!));
        string operation = method.StartsWith("Get", StringComparison.Ordinal) ? "read" : method.StartsWith("Delete", StringComparison.Ordinal) ? "delete" : "write";
        Assert.Equal([operation], counted.Operations);
    }

    [Theory]
    [MemberData(nameof(OfActorState))]
    public async Task ActorState_CallThatFails_IsCountedByWhatItDoesAndStillFails(string method)
    {
        CountedActorState state = new((IActorStateManager)Generator.CreateInterfaceProxyWithoutTarget(typeof(IActorStateManager), new Failure(new DaprException("the store is away"))));
        MethodInfo[] overloads = [.. typeof(IActorStateManager).GetMethods().Where(m => m.Name == method)];
        foreach (MethodInfo overload in overloads) await Assert.ThrowsAsync<DaprException>(() => Call(state, overload));
        string[] expected = method switch
        {
            "SaveStateAsync" => ["transaction"],
            "SetStateAsync" or "ClearCacheAsync" or "UnloadStateAsync" => [],    // these stay in memory
            _ => [.. overloads.Select(_ => "read")],
        };
        Assert.Equal(expected, counted.Operations);
    }

    [Fact]
    public async Task Store_CallThatIsGivenUp_IsNoError()
    {
        StateStore store = new((DaprClient)Generator.CreateClassProxy(typeof(DaprClient), new Failure(new OperationCanceledException())));
        await Assert.ThrowsAsync<OperationCanceledException>(() => store.DeleteAsync("k"));
        Assert.Empty(counted.Operations);
    }

    [Fact]
    public void Actors_OfEveryService_HaveStateThatCounts()
    {
        Type[] actors = [.. new[] { typeof(BatchActor), typeof(ScanActor) }.SelectMany(one => one.Assembly.GetTypes()).Where(t => t.IsAssignableTo(typeof(Actor)) && !t.IsAbstract)];
        Assert.True(actors.Length >= 4);
        Assert.All(actors, actor => Assert.True(actor.IsAssignableTo(typeof(ServiceActor)), $"{actor.Name} is no {nameof(ServiceActor)}"));
        Assert.IsType<CountedActorState>(new Probe(ActorHost.CreateForTest<Probe>()).StateManager);
    }

    public void Dispose() => counted.Dispose();

    private static Task Call(object target, MethodInfo method)
    {
        MethodInfo call = method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(string)) : method;
        object?[] arguments = [.. call.GetParameters().Select(p => p.ParameterType).Select(type =>
            type == typeof(string) ? "k" : type == typeof(IReadOnlyList<string>) ? (string[])["k"] : type.IsValueType ? Activator.CreateInstance(type) : null)];
        return (Task)call.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }

    public interface IProbe : IActor;

    public sealed class Probe(ActorHost host) : ServiceActor(host), IProbe;

    private sealed class Failure(Exception fault) : IInterceptor
    {
        public void Intercept(IInvocation invocation) => throw fault;
    }

    /// <summary>What was counted in the course of one test; others of this process count at the same time.</summary>
    private sealed class CountedErrors : IDisposable
    {
        private readonly AsyncLocal<List<string>?> here = new() { Value = [] };
        private readonly MeterListener listener = new();

        public CountedErrors()
        {
            listener.SetMeasurementEventCallback<long>((_, _, tags, _) => here.Value?.Add((string)tags[0].Value!));
            listener.EnableMeasurementEvents(SkyDriverMetrics.StoreErrors);
            listener.Start();
        }

        public IReadOnlyList<string> Operations => here.Value!;

        public void Dispose() => listener.Dispose();
    }
}
