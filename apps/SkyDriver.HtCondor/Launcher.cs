using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor;

/// <summary>Workers of all places that answered.</summary>
internal sealed record WorkerList(IReadOnlyList<WorkerStatus> Workers, IReadOnlyList<UnreachablePlace> Unreachable);

/// <summary>All places of one component.</summary>
internal sealed class Launcher : IDisposable
{
    private const int MostLogs = 100;
    private const int MostLogBytes = 1 << 20;

    private readonly ToolRunner _runner;
    private readonly Dictionary<string, Place> _places;

    public Launcher(LauncherSettings settings, TimeProvider clock, ILogger logger)
    {
        Settings = settings;
        _runner = new(settings.ToolsFolder, clock);
        foreach (string tool in (ReadOnlySpan<string>)["condor_submit", "condor_q", "condor_history", "condor_rm", "condor_transfer_data", "condor_version"]) _runner.Find(tool);
        try
        {
            _places = settings.Places.ToDictionary(p => p.Name, p => new Place(p, settings, _runner, clock, logger));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ComponentException(ComponentFault.FailedPrecondition, $"the state folder {settings.StateFolder} cannot be used: {fault.Message}; make it, writable for this user, or set stateFolder", fault);
        }
    }

    public LauncherSettings Settings { get; }

    /// <summary>The tools can be started, and know all that submissions ask of them.</summary>
    /// <exception cref="ComponentException">They cannot, or do not.</exception>
    public async Task CheckToolsAsync(CancellationToken ct)
    {
        string version;
        try
        {
            version = (await _runner.RunAsync(new("condor_version", [], new Dictionary<string, string>(), null, Settings.ToolTimeout), ct)).Output;
        }
        catch (ToolTimeoutException fault)
        {
            throw new ComponentException(ComponentFault.Unavailable, fault.Message, fault);
        }

        if (ToolVersion.Parse(version) is not { } known) throw new ComponentException(ComponentFault.FailedPrecondition, $"condor_version says no version: {ToolFaults.Reason(version)}");
        if (known < ToolVersion.Oldest) throw new ComponentException(ComponentFault.FailedPrecondition, $"the tools are of HTCondor {known}; from {ToolVersion.Oldest} on they can be used");
    }

    /// <summary>The place of a request; without a name it is the only one.</summary>
    /// <returns>Null where there is none of that name, or several and no name.</returns>
    public Place? Find(string? name) => name is null ? _places.Count == 1 ? _places.Values.Single() : null : _places.GetValueOrDefault(name);

    public IEnumerable<string> Names => _places.Keys.Order(StringComparer.Ordinal);

    /// <param name="only">Null asks all places.</param>
    /// <exception cref="ComponentException">No place answers.</exception>
    public async Task<WorkerList> ListAsync(string? scanId, Place? only, CancellationToken ct)
    {
        (Place Place, IReadOnlyList<WorkerStatus>? Workers, ComponentException? Fault)[] answers = await Task.WhenAll(_places.Values.Where(p => only is null || p == only).Select(async place =>
        {
            try
            {
                return (place, await place.ListAsync(scanId, ct), (ComponentException?)null);
            }
            catch (ComponentException fault)
            {
                return (place, (IReadOnlyList<WorkerStatus>?)null, fault);
            }
        }));
        ThrowIfAll([.. answers.Select(a => a.Fault)]);
        return new(
            [.. answers.SelectMany(a => a.Workers ?? [])],
            [.. answers.Where(a => a.Fault is not null).Select(a => new UnreachablePlace(a.Place.Name, a.Fault!.Message))]);
    }

    /// <returns>How many jobs were marked for removal.</returns>
    /// <exception cref="ComponentException">A place gave no answer; the others have done their part, and the request may be repeated.</exception>
    public async Task<int> RemoveAsync(string? scanId, IReadOnlyCollection<string?>? ids, Place? only, CancellationToken ct)
    {
        ILookup<string, WorkerName>? names = ByPlace(ids);
        Place[] places = [.. _places.Values.Where(p => (only is null || p == only) && (names is null || names.Contains(p.Name)))];
        (int Removed, ComponentException? Fault)[] answers = await Task.WhenAll(places.Select(async place =>
        {
            try
            {
                return (await place.RemoveAsync(scanId, names?[place.Name].ToArray(), ct), (ComponentException?)null);
            }
            catch (ComponentException fault)
            {
                return (0, fault);
            }
        }));
        ComponentException[] faults = [.. answers.Select(a => a.Fault).OfType<ComponentException>()];
        if (faults.Length == 0) return answers.Sum(a => a.Removed);
        throw new ComponentException(faults[0].Fault, $"{answers.Sum(a => a.Removed)} jobs were removed; {string.Join("; ", faults.Select(f => f.Message))}");
    }

    /// <summary>The last output of at most a hundred workers, those that failed first, and of at most a mebibyte.</summary>
    public async Task<IReadOnlyList<WorkerLog>> LogsAsync(string? scanId, IReadOnlyCollection<string?>? ids, Place? only, int tailBytes, CancellationToken ct)
    {
        ILookup<string, WorkerName>? names = ByPlace(ids);
        List<(Place Place, IReadOnlyList<WorkerStatus> Workers)> chosen = [];
        int room = MostLogs;
        foreach (Place place in _places.Values.Where(p => (only is null || p == only) && (names is null || names.Contains(p.Name))))
        {
            IReadOnlyList<WorkerStatus> workers = [.. (await place.ChooseAsync(scanId, names?[place.Name].ToArray(), ct)).Take(room)];
            room -= workers.Count;
            chosen.Add((place, workers));
        }

        int each = Math.Min(tailBytes, MostLogBytes / Math.Max(1, 2 * chosen.Sum(c => c.Workers.Count)));
        List<WorkerLog> logs = [];
        foreach ((Place place, IReadOnlyList<WorkerStatus> workers) in chosen) logs.AddRange(await place.LogsAsync(workers, each, ct));
        return logs;
    }

    public void Dispose()
    {
        _runner.Dispose();
        TokenFolder.Remove(Settings);
    }

    private static ILookup<string, WorkerName>? ByPlace(IReadOnlyCollection<string?>? ids) =>
        // What is no id of ours is nobody's worker, which is no fault.
        ids?.Select(id => WorkerName.Parse(id ?? "")).OfType<WorkerName>().ToLookup(n => n.Place);

    private static void ThrowIfAll(ComponentException?[] faults)
    {
        if (faults.Length > 0 && !faults.Contains(null)) throw new ComponentException(faults[0]!.Fault, string.Join("; ", faults.Select(f => f!.Message)), faults[0]);
    }
}
