using Dapr;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>A provider that keeps its promise about keys, and outlives whoever calls it.</summary>
internal sealed class FakeLauncher(FleetWorld world)
{
    private readonly Dictionary<string, string[]> byKey = [];
    private int last;

    /// <summary>Workers by id, with the batch that they were asked for and their state.</summary>
    public SortedDictionary<string, (string Batch, string State)> Workers { get; } = [];

    public List<DeployWorkersV1> Deployed { get; } = [];

    public IEnumerable<string> Alive => Workers.Where(w => w.Value.State != WorkerState.Exited).Select(w => w.Key);

    /// <summary>Most workers at a time.</summary>
    public int Room { get; set; } = int.MaxValue;

    public Exception? Fault { get; set; }

    public object? Answer(string component, string operation, object? data)
    {
        Assert.Equal("workers-local", component);
        if (Fault is { } fault) throw fault;
        return (operation, data) switch
        {
            (WorkerOperations.Deploy, DeployWorkersV1 request) => Deploy(request),
            (WorkerOperations.List, ListWorkersV1 request) => new WorkerListV1([.. Workers.Where(w => request.ScanId is null || w.Value.Batch == request.ScanId).Select(w => new WorkerInfoV1(w.Key, w.Value.Batch, w.Value.State, null, null))]),
            (WorkerOperations.Remove, RemoveWorkersV1 request) => Remove(request.Ids!),
            _ => throw new ArgumentException(operation),
        };
    }

    /// <summary>One that nobody here ordered, as after a submission that was not noted.</summary>
    public string Strange(string batch)
    {
        string id = $"strange-{++last}";
        Workers[id] = (batch, WorkerState.Running);
        return id;
    }

    public void Exit(string id) => Workers[id] = Workers[id] with { State = WorkerState.Exited };

    private WorkersDeployedV1 Deploy(DeployWorkersV1 request)
    {
        if (!byKey.TryGetValue(request.IdempotencyKey, out string[]? ids))
        {
            int fits = Math.Clamp(Room - Alive.Count(), 0, request.Count);
            ids = [.. Enumerable.Range(0, fits).Select(_ => $"l{++last:0000}")];
            foreach (string id in ids) Workers[id] = (request.ScanId, WorkerState.Running);
            byKey[request.IdempotencyKey] = ids;
            Deployed.Add(request);
        }

        // The submission is done, the answer may be lost.
        world.Step();
        return new(ids, Denied: ids.Length < request.Count ? new("quota", "all slots are taken") : null);
    }

    private WorkersRemovedV1 Remove(IReadOnlyList<string> ids)
    {
        int removed = ids.Count(Workers.Remove);
        world.Step();
        return new(removed);
    }

    /// <summary>As the SDK tells what a launcher thinks of a request.</summary>
    public static DaprException Refusal(string code, string message) => new($"error invoking output binding: rpc error: code = {code} desc = {message}", new InvalidOperationException(message));
}
