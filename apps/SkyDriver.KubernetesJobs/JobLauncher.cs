using k8s.Exceptions;
using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Operations;
using SkyDriver.KubernetesJobs.Settings;
using SkyDriver.KubernetesJobs.Status;

namespace SkyDriver.KubernetesJobs;

/// <summary>The workers of one component, over all its places.</summary>
internal sealed class JobLauncher : IAsyncDisposable
{
    private readonly ClusterPlace[] _places;
    private readonly TimeProvider _clock;

    private JobLauncher(LauncherSettings settings, ClusterPlace[] places, TimeProvider clock) => (Settings, _places, _clock) = (settings, places, clock);

    public LauncherSettings Settings { get; private set; }

    /// <exception cref="KubeConfigException">A cluster cannot be told from the settings.</exception>
    public static JobLauncher Open(LauncherSettings settings, TimeProvider clock, ILogger logger)
    {
        ClusterPlace[] places = [.. settings.Places.Select(p => ClusterPlace.Open(p, settings.Instance, clock, logger))];
        foreach (ClusterPlace place in places) place.Budget = settings.RequestTimeout;
        return new(settings, places, clock);
    }

    /// <summary>Takes other settings, where they lead to the same Jobs of the same clusters.</summary>
    /// <returns>Whether they do.</returns>
    public bool TryChange(LauncherSettings settings)
    {
        if (settings.Instance != Settings.Instance || !settings.Places.SequenceEqual(Settings.Places)) return false;
        Settings = settings;
        foreach (ClusterPlace place in _places) place.Budget = settings.RequestTimeout;
        return true;
    }

    /// <summary>The place that a caller means.</summary>
    /// <param name="name">Null means the only one. A component without named places takes any name: it serves them all.</param>
    /// <returns>Null where there is none.</returns>
    public ClusterPlace? FindPlace(string? name) =>
        _places is [{ Name: "" } any] ? any
        : name is null ? (_places is [{ } only] ? only : null)
        : _places.FirstOrDefault(p => p.Name == name);

    public async Task<Deployed> DeployAsync(ClusterPlace place, DeployRequest request, string image, CancellationToken ct)
    {
        LauncherSettings settings = Settings;
        return await GuardedAsync(place, async () =>
        {
            await place.UsableAsync(settings.StaleAfter, ct);
            // Of other places what is known: a cluster that is away must not hold up the rest.
            int active = _places.SelectMany(Workers).Count(w => w.State != WorkerState.Exited);
            return await new Deployer(settings, _clock).DeployAsync(place, request, image, settings.MaxWorkers - active, ct);
        });
    }

    /// <param name="name">Null means all places; one that <see cref="FindPlace"/> finds.</param>
    /// <exception cref="ComponentException">No place answers, or one refuses.</exception>
    public async Task<Listed> ListAsync(string? scanId, string? name, CancellationToken ct)
    {
        List<WorkerInfo> workers = [];
        List<UnreachablePlace> unreachable = [];
        ComponentException? away = null;
        ClusterPlace[] places = name is null ? _places : [.. _places.Where(p => p == FindPlace(name))];
        foreach (ClusterPlace place in places)
        {
            try
            {
                await GuardedAsync(place, async () =>
                {
                    await place.UsableAsync(Settings.StaleAfter, ct);
                    return true;
                });
                // The only place of a launcher may serve several names.
                workers.AddRange(Workers(place).Where(w => (scanId is null || w.ScanId == scanId) && (name is null || place.Name.Length > 0 || w.Place == name)));
            }
            catch (ComponentException fault) when (fault.Fault is ComponentFault.Unavailable)
            {
                away = fault;
                unreachable.Add(new(place.Name, fault.Message));
            }
        }

        return away is null || unreachable.Count < places.Length ? new(workers, unreachable) : throw away;
    }

    public async Task<int> RemoveAsync(string? scanId, IReadOnlyCollection<string>? ids, CancellationToken ct)
    {
        int removed = 0;
        foreach (ClusterPlace place in _places) removed += await GuardedAsync(place, () => Remover.RemoveAsync(place, scanId, ids, ct));
        return removed;
    }

    /// <summary>Of at most <see cref="LogReader.MostWorkers"/> workers: those that went wrong first.</summary>
    public async Task<WorkerLog[]> LogsAsync(string? scanId, IReadOnlyCollection<string>? ids, int tail, CancellationToken ct)
    {
        HashSet<string>? named = ids is null ? null : new(ids, StringComparer.Ordinal);
        List<(WorkerInfo Worker, ClusterPlace Place)> found = [];
        foreach (ClusterPlace place in _places)
        {
            await GuardedAsync(place, async () =>
            {
                await place.UsableAsync(Settings.StaleAfter, ct);
                return true;
            });
            found.AddRange(Workers(place).Where(w => (scanId is null || w.ScanId == scanId) && named?.Contains(w.Id) is not false).Select(w => (w, place)));
        }

        var chosen = found.OrderBy(f => Interest(f.Worker)).ThenBy(f => f.Worker.Id, StringComparer.Ordinal).Take(LogReader.MostWorkers)
            .Select(f => (f.Worker.Id, Pod(f.Place, f.Worker.Id), f.Place)).ToList();
        return chosen.Count == 0 ? [] : await GuardedAsync(chosen[0].Place, () => LogReader.ReadAsync(chosen, tail, ct));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterPlace place in _places) await place.DisposeAsync();
    }

    private static int Interest(WorkerInfo worker) => worker switch
    {
        { State: WorkerState.Exited, ExitCode: not 0 } => 0,
        { State: WorkerState.Held } => 1,
        { State: WorkerState.Running } => 2,
        { State: WorkerState.Exited } => 3,
        _ => 4,
    };

    private static string? Pod(ClusterPlace place, string id) =>
        Jobs.Names.TryParseWorkerId(id, out string job, out int index) ? WorkerReader.Current(place.Pods.Facts.Where(p => p.Job == job && p.Index == index))?.Name : null;

    private static IEnumerable<WorkerInfo> Workers(ClusterPlace place)
    {
        ILookup<(string, int), PodFact> pods = place.Pods.Facts.ToLookup(p => (p.Job, p.Index));
        Dictionary<string, RefusalFact> refusals = place.Refusals;
        return place.Jobs.Facts.Where(j => !j.IsDeleting).OrderBy(j => j.Name, StringComparer.Ordinal).SelectMany(j => WorkerReader.Workers(j, pods, refusals));
    }

    /// <summary>Faults of the API as callers of the component see them, with what to do next.</summary>
    private static async Task<T> GuardedAsync<T>(ClusterPlace place, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (ApiFault fault)
        {
            string where = place.Name.Length > 0 ? $"place '{place.Name}' (namespace {place.Namespace})" : $"namespace {place.Namespace}";
            throw fault.Kind switch
            {
                ApiFaultKind.Forbidden => new ComponentException(
                    ComponentFault.PermissionDenied, $"Kubernetes refuses it in {where}: {fault.Message}; give the launcher's account the rights of components/production/workers-kubernetes-jobs/rbac.yaml", fault),
                ApiFaultKind.Unreachable or ApiFaultKind.Busy => new ComponentException(
                    ComponentFault.Unavailable, $"the API of Kubernetes cannot be relied on now for {where}: {fault.Message}; ask again, a deployment with the same idempotency_key", fault),
                ApiFaultKind.NotFound => new ComponentException(ComponentFault.FailedPrecondition, $"Kubernetes does not find it in {where}: {fault.Message}; is there such a namespace?", fault),
                _ => new ComponentException(ComponentFault.FailedPrecondition, $"Kubernetes does not take it in {where}: {fault.Message}; look at the settings of the component", fault),
            };
        }
    }
}
