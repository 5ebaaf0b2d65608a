using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Castle.DynamicProxy;
using Dapr.Client;
using SkyDriver.Hosting.State;

namespace SkyDriver.Apps.Tests.Fakes;

/// <summary>
/// State with ETags and a record of what was published, in memory; the rest of a sidecar is not there. What the client
/// has besides, and that differs between the two SDKs, is made at run time, and refuses to be called.
/// </summary>
public abstract class FakeDapr : DaprClient
{
    private static readonly ProxyGenerator Generator = new();
    private static readonly ProxyGenerationOptions OnlyTheRest = new(new TheRest());
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, (byte[] Value, long Version)> state = new(StringComparer.Ordinal);
    private long version;

    /// <summary>Called before each write of state; throws to let it fail.</summary>
    public Action<string>? OnSave { get; set; }

    /// <summary>Called before each removal of state; throws to let it fail.</summary>
    public Action<string>? OnDelete { get; set; }

    /// <summary>Called with the keys of each bulk read.</summary>
    public Action<IReadOnlyList<string>>? OnBulkRead { get; set; }

    /// <summary>Called before each publication; throws to let it fail.</summary>
    public Action<string>? OnPublish { get; set; }

    /// <summary>Answers calls of output bindings: name, operation and data.</summary>
    public Func<string, string, object?, object?>? OnBinding { get; set; }

    /// <summary>Topic and complete JSON of everything published.</summary>
    public ConcurrentQueue<(string Topic, string Json)> Published { get; } = [];

    public override JsonSerializerOptions JsonSerializerOptions => Web;

    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (gate) return [.. state.Keys];
        }
    }

    /// <summary>As services use it.</summary>
    public StateStore Store => new(this);

    public static FakeDapr Create() => (FakeDapr)Generator.CreateClassProxy(typeof(FakeDapr), OnlyTheRest, new Refusal());

    public T? Read<T>(string key)
    {
        lock (gate) return state.TryGetValue(key, out var stored) ? JsonSerializer.Deserialize<T>(stored.Value, Web) : default;
    }

    public int SizeOf(string key)
    {
        lock (gate) return state[key].Value.Length;
    }

    public override Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(Read<TValue>(key)!);

    public override Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        lock (gate)
            return Task.FromResult<(TValue, string)>(state.TryGetValue(key, out var stored)
                ? (JsonSerializer.Deserialize<TValue>(stored.Value, Web)!, stored.Version.ToString())
                : (default!, ""));
    }

    public override Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(TrySave(key, JsonSerializer.SerializeToUtf8Bytes(value, Web), etag, stateOptions?.Concurrency is ConcurrencyMode.FirstWrite));

    public override Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(TrySave(key, JsonSerializer.SerializeToUtf8Bytes(value, Web), "", firstWrite: false));

    public override Task SaveByteStateAsync(
        string storeName, string key, ReadOnlyMemory<byte> binaryValue, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(TrySave(key, binaryValue.ToArray(), "", firstWrite: false));

    public override Task<ReadOnlyMemory<byte>> GetByteStateAsync(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        lock (gate) return Task.FromResult<ReadOnlyMemory<byte>>(state.TryGetValue(key, out var stored) ? stored.Value : default);
    }

    public override Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        OnDelete?.Invoke(key);
        lock (gate) state.Remove(key);
        return Task.CompletedTask;
    }

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default)
    {
        OnPublish?.Invoke(topicName);
        Published.Enqueue((topicName, JsonSerializer.Serialize(data, Web)));
        return Task.CompletedTask;
    }

    public override Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName, string topicName, IReadOnlyList<TValue> events, Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        OnPublish?.Invoke(topicName);
        foreach (TValue data in events) Published.Enqueue((topicName, JsonSerializer.Serialize(data, Web)));
        return Task.FromResult(new BulkPublishResponse<TValue>([]));
    }

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    /// <summary>The sidecar says that it is not ready.</summary>
    public bool IsDown { get; set; }

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) => Task.FromResult(!IsDown);

    public override Task WaitForSidecarAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(
        string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        object? answer = (OnBinding ?? throw NotThere(nameof(InvokeBindingAsync)))(bindingName, operation, data);
        return Task.FromResult(JsonSerializer.Deserialize<TResponse>(JsonSerializer.SerializeToUtf8Bytes(answer, Web), Web)!);
    }

    public override Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        OnBulkRead?.Invoke(keys);
        lock (gate)
        {
            return Task.FromResult<IReadOnlyList<BulkStateItem<TValue>>>(
                [.. keys.Select(key => new BulkStateItem<TValue>(key, Read<TValue>(key)!, state.TryGetValue(key, out var stored) ? stored.Version.ToString() : ""))]);
        }
    }

    private bool TrySave(string key, byte[] value, string etag, bool firstWrite)
    {
        OnSave?.Invoke(key);
        lock (gate)
        {
            bool exists = state.TryGetValue(key, out var stored);
            if (etag != "" ? !exists || stored.Version.ToString() != etag : firstWrite && exists) return false;
            state[key] = (value, ++version);
            return true;
        }
    }

    private static NotSupportedException NotThere(string member) => new($"This sidecar has state and topics only, no {member}.");

    /// <summary>Chooses the members that this class leaves open.</summary>
    private sealed class TheRest : AllMethodsHook
    {
        public override bool ShouldInterceptMethod(Type type, MethodInfo methodInfo) => methodInfo.IsAbstract;
    }

    private sealed class Refusal : IInterceptor
    {
        public void Intercept(IInvocation invocation) => throw NotThere(invocation.Method.Name);
    }
}
