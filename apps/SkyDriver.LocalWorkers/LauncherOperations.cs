using SkyDriver.Components.Launchers;

namespace SkyDriver.LocalWorkers;

/// <summary>What the launcher answers. This machine is one place, whatever callers call it, and always answers.</summary>
internal sealed class LauncherOperations(WorkerPool pool) : LauncherContract
{
    protected override Task<object> DeployAsync(DeployRequest request, List<string> faults, CancellationToken ct)
    {
        ThrowIfFaulty(faults);
        IReadOnlyList<string> workers = pool.Deploy(request.ScanId, request.Count, request.IdempotencyKey, request.Env ?? [], request.Place);
        return Task.FromResult<object>(workers.Count == request.Count
            ? new { workers }
            : new { workers, denied = new { kind = "quota", message = $"at most {pool.Settings.MaxWorkers} workers run at once on this machine" } });
    }

    protected override Task<object> ListAsync(ListRequest request, CancellationToken ct) => Task.FromResult<object>(new
    {
        workers = pool.List(w => (request.ScanId is null || w.ScanId == request.ScanId) && (request.Place is null || w.Place is null || w.Place == request.Place)),
        unreachable = Array.Empty<UnreachablePlace>(),
    });

    protected override Task<int> RemoveWorkersAsync(RemoveRequest request, CancellationToken ct) => pool.RemoveAsync(w => IsMeant(w, request.ScanId, request.Ids));

    protected override Task<object> LogsAsync(LogsRequest request, int tailBytes, CancellationToken ct) =>
        Task.FromResult<object>(new { logs = pool.Logs(w => IsMeant(w, request.ScanId, request.Ids), tailBytes) });

    private static bool IsMeant(WorkerStatus worker, string? scanId, string[]? ids) => (scanId is null || worker.ScanId == scanId) && (ids is null || ids.Contains(worker.Id));
}
