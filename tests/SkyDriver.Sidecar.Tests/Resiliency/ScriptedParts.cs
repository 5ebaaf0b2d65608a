using System.Collections.Concurrent;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Secrets;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Resiliency;

/// <summary>What a part does with one call.</summary>
public enum PartFault
{
    Breaks,

    /// <summary>Never answers, and does not heed that nobody waits any more.</summary>
    Hangs,

    ETagMismatch,

    ETagMalformed,

    /// <summary>Takes the first message of a call only.</summary>
    TakesOne,
}

/// <summary>A component of every kind, whose calls go wrong in the order of a script and well after its end.</summary>
internal sealed class ScriptedParts : IStateStore, IPubSub, IOutputBinding, ISecretStore
{
    private static readonly Dictionary<string, string> Secret = new() { ["k"] = "v" };

    private int _calls;

    public ConcurrentQueue<PartFault> Script { get; } = [];

    public int Calls => _calls;

    public async Task<StateRecord?> GetAsync(string key, CancellationToken ct)
    {
        await PlayAsync();
        return new StateRecord("1"u8.ToArray(), "1", null);
    }

    public async Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct)
    {
        await PlayAsync();
        return [.. keys.Select(_ => (StateRecord?)new StateRecord("1"u8.ToArray(), "1", null))];
    }

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct) => PlayAsync();

    public async ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct) => await PlayAsync();

    public ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(["create"]);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        await PlayAsync();
        return BindingAnswer.Empty;
    }

    public async ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        await PlayAsync();
        return Secret;
    }

    public async ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        await PlayAsync();
        return new Dictionary<string, IReadOnlyDictionary<string, string>> { ["s"] = Secret };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task PlayAsync()
    {
        Interlocked.Increment(ref _calls);
        return !Script.TryDequeue(out PartFault fault) ? Task.CompletedTask : fault switch
        {
            PartFault.Hangs => new TaskCompletionSource().Task,
            PartFault.ETagMismatch => Task.FromException(new ETagMismatchException("k")),
            PartFault.ETagMalformed => Task.FromException(new ETagMalformedException("k", "?")),
            PartFault.TakesOne => Task.FromException(new BulkPublishException(new Dictionary<int, string> { [1] = "refused by the script" })),
            _ => Task.FromException(new IOException("broken by the script")),
        };
    }
}
