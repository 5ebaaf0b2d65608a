using System.Reflection;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Client;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>One call of the SDK, ready to start.</summary>
/// <param name="TakesToken">False for the few whose signature has no token.</param>
public sealed record SdkCall(string Type, string Name, bool TakesToken, Func<CancellationToken, Task> Start)
{
    public override string ToString() => $"{Type}.{Name}";
}

/// <summary>
/// Every asynchronous call of the types that talk to a sidecar, found by reflection, with made-up arguments. A call that
/// is new is in here without anybody's doing; a parameter of a type not seen before makes the tests fail until it has a sample.
/// </summary>
internal sealed class SdkCalls : IDisposable
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly DaprClient _client;
    private readonly DaprWorkflowClient _workflows;
    private readonly DaprPublishSubscribeClient _subscriptions;
    private readonly ActorProxyFactory _proxies;
    private readonly ActorApi _actors;
    private readonly HttpClient _invoker;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    /// <param name="limit">Of every single call.</param>
    public SdkCalls(string http, string grpc, TimeSpan limit)
    {
        var options = new GrpcConnectionOptions { UnaryDeadline = limit };
        _client = new DaprClientBuilder().UseHttpEndpoint(http).UseGrpcEndpoint(grpc).UseTimeout(limit).Build();
        _invoker = _client.CreateInvokableHttpClient("app");
        _invoker.Timeout = limit;
        _workflows = new DaprWorkflowClient(new TaskHubClient(new GrpcConnection(grpc, options)), TimeProvider.System);
        _subscriptions = new StreamingSubscribeClient(new GrpcConnection(grpc, options), limit);
        _proxies = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = http, RequestTimeout = limit });
        _actors = new ActorApi(_http, http, null, limit);
    }

    /// <summary>The types whose calls are in the table, as the public surface has them.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        typeof(DaprClient), typeof(InvocationHandler), typeof(StateEntry<>), typeof(ConfigurationSource), typeof(ActorProxy), typeof(Actor), typeof(ActorTimerManager),
        typeof(IActorStateManager), typeof(DaprWorkflowClient), typeof(IDaprWorkflowClient), typeof(DaprPublishSubscribeClient),
    ];

    public IReadOnlyList<SdkCall> All() =>
    [
        .. CallsOf(typeof(DaprClient), () => _client),
        // The handler works inside an HttpClient of the app, whose own limit counts.
        new SdkCall(nameof(InvocationHandler), "SendAsync", true, ct => _invoker.GetAsync("/method", ct)),
        .. CallsOf(typeof(StateEntry<string>), () => new StateEntry<string>(_client, "store", "key", "value", "etag")),
        new SdkCall(nameof(ConfigurationSource), "GetAsyncEnumerator", true, ReadConfigurationAsync),
        .. CallsOf(typeof(ActorProxy), () => _proxies.Create(new ActorId("a"), "Probe")),
        .. CallsOf(typeof(IProbe), () => _proxies.CreateActorProxy<IProbe>(new ActorId("a"), "Probe")),
        .. CallsOf(typeof(Actor), NewActor),
        .. CallsOf(typeof(ActorTimerManager), () => new SidecarTimerManager(_actors)),
        .. CallsOf(typeof(IActorStateManager), NewState),
        .. CallsOf(typeof(DaprWorkflowClient), () => _workflows),
        .. CallsOf(typeof(IDaprWorkflowClient), () => _workflows),
        .. CallsOf(typeof(DaprPublishSubscribeClient), () => _subscriptions),
    ];

    /// <summary>The methods that belong in the table: asynchronous, and not for overriding only.</summary>
    public static IEnumerable<MethodInfo> AsyncMethods(Type type) => type.GetMethods(Members)
        .Where(m => (m.IsPublic || m.IsFamily) && !m.IsSpecialName && IsAsync(m.ReturnType) && m.Name is not "DisposeAsync" && !m.Name.StartsWith("On", StringComparison.Ordinal));

    public static bool IsAsync(Type type)
    {
        var open = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return open == typeof(Task) || open == typeof(Task<>) || open == typeof(ValueTask) || open == typeof(ValueTask<>)
            || open == typeof(IAsyncEnumerable<>) || open == typeof(IAsyncEnumerator<>);
    }

    public void Dispose()
    {
        _client.Dispose();
        _invoker.Dispose();
        _workflows.Dispose();
        _subscriptions.Dispose();
        _http.Dispose();
    }

    private IEnumerable<SdkCall> CallsOf(Type type, Func<object> target) => AsyncMethods(type).Where(m => !m.IsStatic).Select(method =>
    {
        var closed = method.IsGenericMethodDefinition ? method.MakeGenericMethod([.. method.GetGenericArguments().Select(_ => typeof(string))]) : method;
        bool takesToken = closed.GetParameters().Any(p => p.ParameterType == typeof(CancellationToken));
        string name = $"{method.Name}({string.Join(", ", closed.GetParameters().Select(p => p.Name))})";
        return new SdkCall(type.Name.Split('`')[0], name, takesToken, ct =>
        {
            object?[] arguments = [.. closed.GetParameters().Select(p => Sample(p.ParameterType, p.Name!, ct))];
            return (Task)closed.Invoke(target(), BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
        });
    });

    private async Task ReadConfigurationAsync(CancellationToken ct)
    {
        var subscription = await _client.SubscribeConfiguration("store", ["key"], cancellationToken: CancellationToken.None);
        await foreach (var _ in subscription.Source.WithCancellation(ct))
        {
        }
    }

    private ProbeActor NewActor()
    {
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        var type = ActorTypeInformation.Get(typeof(ProbeActor), "Probe");
        var host = new ActorHost(
            type, new ActorId("a"), json, NullLoggerFactory.Instance, _proxies, new SidecarTimerManager(_actors), new ActorStateProvider(_actors, "Probe", "a", json));
        var actor = new ProbeActor(host);
        // Something to save, or saving would be nothing to do.
        actor.StateManager.SetStateAsync("changed", 1);
        return actor;
    }

    private IActorStateManager NewState() => NewActor().StateManager;

    private object? Sample(Type type, string name, CancellationToken ct)
    {
        if (type == typeof(CancellationToken)) return ct;
        if (type == typeof(string)) return name == "callback" ? nameof(ProbeActor.Ring) : name;
        if (type == typeof(object)) return "payload";
        if (type == typeof(int)) return 1;
        if (type == typeof(uint)) return 1u;
        if (type == typeof(bool)) return true;
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(1);
        if (type == typeof(byte[])) return new byte[] { 1 };
        if (type == typeof(ReadOnlyMemory<byte>)) return new ReadOnlyMemory<byte>([1]);
        if (type == typeof(Func<string, string, string>)) return (Func<string, string, string>)((_, old) => old);
        if (Nullable.GetUnderlyingType(type) is not null) return null;
        if (type == typeof(IReadOnlyDictionary<string, string>) || type == typeof(Dictionary<string, string>)) return new Dictionary<string, string>();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return ListOf(Sample(type.GetGenericArguments()[0], "item", ct)!);
        return Models(type) ?? throw new NotSupportedException($"The table has no sample of {type}; add one.");
    }

    private object? Models(Type type) =>
        type == typeof(StateOptions) ? new StateOptions()
        : type == typeof(BindingRequest) ? new BindingRequest("binding", "create")
        : type == typeof(HttpRequestMessage) ? _client.CreateInvokeMethodRequest("app", "method")
        : type == typeof(SaveStateItem<string>) ? new SaveStateItem<string>("key", "value", "etag")
        : type == typeof(BulkDeleteStateItem) ? new BulkDeleteStateItem("key", "etag")
        : type == typeof(StateTransactionRequest) ? new StateTransactionRequest("key", [1], StateOperationType.Upsert)
        : type == typeof(UnloadStateOptions) ? new UnloadStateOptions()
        : type.IsAssignableFrom(typeof(ActorReminder)) ? new ActorReminder("Probe", new ActorId("a"), "r", [], TimeSpan.Zero, TimeSpan.Zero)
        : type.IsAssignableFrom(typeof(ActorTimer)) ? new ActorTimer("Probe", new ActorId("a"), "t", nameof(ProbeActor.Ring), [], TimeSpan.Zero, TimeSpan.Zero)
        : type == typeof(DaprSubscriptionOptions) ? new DaprSubscriptionOptions(new MessageHandlingPolicy(TimeSpan.FromSeconds(1), TopicResponseAction.Retry))
        : type == typeof(TopicMessageHandler) ? (TopicMessageHandler)((_, _) => Task.FromResult(TopicResponseAction.Success))
        : type == typeof(Dapr.Workflow.Client.RerunWorkflowFromEventOptions) ? new Dapr.Workflow.Client.RerunWorkflowFromEventOptions()
        : null;

    private static Array ListOf(object item)
    {
        var list = Array.CreateInstance(item.GetType(), 1);
        list.SetValue(item, 0);
        return list;
    }

    public interface IProbe : IActor
    {
        Task Nothing(CancellationToken cancellationToken);

        Task<int> Number(string input, CancellationToken cancellationToken);
    }

    public sealed class ProbeActor(ActorHost host) : Actor(host), IProbe
    {
        public Task Nothing(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<int> Number(string input, CancellationToken cancellationToken) => Task.FromResult(input.Length);

        internal Task Ring() => Task.CompletedTask;
    }
}
