using Dapr;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>A provider that keeps its promise about keys, and outlives whoever calls it.</summary>
internal sealed class FakeLauncher(FleetWorld world)
{
    private readonly Dictionary<string, string[]> byKey = [];
    private int last;

    /// <summary>Workers by id, with the batch that they were asked for, their state, place and exit code.</summary>
    public SortedDictionary<string, (string Batch, string State, string? Place, int? ExitCode)> Workers { get; } = [];

    /// <summary>Components that were asked, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Places that do not answer when they are asked for a list.</summary>
    public HashSet<string> Unreachable { get; } = [];

    public List<DeployWorkersV1> Deployed { get; } = [];

    public IEnumerable<string> Alive => Workers.Where(w => w.Value.State != WorkerState.Exited).Select(w => w.Key);

    /// <summary>Most workers at a time.</summary>
    public int Room { get; set; } = int.MaxValue;

    public Exception? Fault { get; set; }

    /// <summary>Called once a submission is done and before it is told.</summary>
    public Func<Task>? OnDeploy { get; set; }

    public object? Answer(string component, string operation, object? data)
    {
        Asked.Add(component);
        if (Fault is { } fault) throw fault;
        return (operation, data) switch
        {
            (WorkerOperations.Deploy, DeployWorkersV1 request) => Deploy(request),
            (WorkerOperations.List, ListWorkersV1 request) => List(request),
            (WorkerOperations.Remove, RemoveWorkersV1 request) => Remove(request.Ids!),
            (WorkerOperations.Logs, WorkerLogsRequestV1 request) => new WorkerLogsV1([.. request.Ids!.Select(id => new WorkerLogV1(id, $"out of {id}", "", false))]),
            _ => throw new ArgumentException(operation),
        };
    }

    /// <summary>One that nobody here ordered, as after a submission that was not noted.</summary>
    public string Strange(string batch)
    {
        string id = $"strange-{++last}";
        Workers[id] = (batch, WorkerState.Running, null, null);
        return id;
    }

    public void Exit(string id, int? code = null) => Workers[id] = Workers[id] with { State = WorkerState.Exited, ExitCode = code };

    private WorkerListV1 List(ListWorkersV1 request) => new(
        [
            .. Workers.Where(w => (request.ScanId is null || w.Value.Batch == request.ScanId) && (request.Place is null || w.Value.Place == request.Place) && !Unreachable.Contains(w.Value.Place ?? ""))
                .Select(w => new WorkerInfoV1(w.Key, w.Value.Batch, w.Value.State, null, w.Value.ExitCode, w.Value.Place)),
        ],
        [.. Unreachable.Where(p => request.Place is null || p == request.Place).Select(p => new UnreachablePlaceV1(p, "its scheduler is away"))]);

    private WorkersDeployedV1 Deploy(DeployWorkersV1 request)
    {
        if (!byKey.TryGetValue(request.IdempotencyKey, out string[]? ids))
        {
            int fits = Math.Clamp(Room - Alive.Count(), 0, request.Count);
            ids = [.. Enumerable.Range(0, fits).Select(_ => $"l{++last:0000}")];
            foreach (string id in ids) Workers[id] = (request.ScanId, WorkerState.Running, request.Place, null);
            byKey[request.IdempotencyKey] = ids;
            Deployed.Add(request);
        }

        // All of this is one thread, so that nothing is waited for.
        OnDeploy?.Invoke().GetAwaiter().GetResult();
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
