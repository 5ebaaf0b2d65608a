using System.Globalization;
using Dapr;
using Dapr.Actors.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator.Fleet;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Counts the scan's workers, notes the count for whoever asks, and has those that are gone replaced as far as there is work.</summary>
public sealed class CountWorkers(IActorProxyFactory actors, WorkerLaunchers launchers, WorkerLogKeeper logs, WorkerPlaces places, StateDocuments documents)
    : WorkflowActivity<WorkerPlacesV1, WorkersCountedV1>
{
    private const int MostErrors = 5;

    /// <summary>Replacing workers that fail again and again helps nobody.</summary>
    private const int MostGenerations = 4;

    // Killed from outside: nothing that the worker, or the next one in its place, could do about it.
    private static readonly int[] Killed = [137, 143];

    public override async Task<WorkersCountedV1> RunAsync(WorkflowActivityContext context, WorkerPlacesV1 input)
    {
        string scan = input.ScanId;
        await TellPendingAsync(scan);
        CrewV1 crew = await actors.Fleet().GetCrew(scan);
        (Dictionary<Source, WorkerListV1?> lists, string? away) = await ListAsync(SourcesOf(input, crew));
        HashSet<string> members = [.. crew.Members.Select(m => m.Id)];
        WorkerInfoV1[] mine = [.. lists.Values.SelectMany(l => l?.Workers ?? []).Where(w => w.ScanId == scan || members.Contains(w.Id)).DistinctBy(w => w.Id)];
        foreach (var launcher in lists.GroupBy(l => l.Key.Launcher)) await logs.KeepAsync(launcher.Key, scan, [.. launcher.SelectMany(l => l.Value?.Workers ?? []).Where(w => w.ScanId == scan)]);
        CrewV1 now = await actors.Fleet().TellSeen(Compare(scan, crew, lists, mine));
        // Of launchers that do not answer, what they said last is the best that is known.
        Dictionary<string, int> errors = away is null ? await NoteAsync(scan, mine) : [];
        string? top = errors.Count > 0 ? string.Join(", ", errors.Select(e => $"{e.Key} ({e.Value} times)")) : null;
        int living = mine.Count(w => w.State is not WorkerState.Exited);
        // Of places that do not answer nobody knows better than that all is well.
        living += crew.Members.Count(m => !IsReachable(lists, m));
        int generations = input.Clusters.Count == 0 ? 0 : input.Clusters.Min(c => Failed(lists, c, scan) / Math.Max(1, c.Count));
        return new(living, generations >= (living > 0 ? MostGenerations : 1), top, now.Ordered, now.Denied, now.Fault, now.Trouble ?? away);
    }

    /// <summary>A scanner that is away says so elsewhere; what is known of its work stays.</summary>
    private async Task TellPendingAsync(string scan)
    {
        try
        {
            ScanProgressV1 progress = await actors.ScanActor(scan).GetProgress();
            await actors.Batch(scan).SetExternalPending(new(progress.Pending));
        }
        catch (Exception away) when (away is DaprException or HttpRequestException or Dapr.Actors.ActorMethodInvocationException or InvalidOperationException or TimeoutException)
        {
            // Looked at again soon.
        }
    }

    private Source[] SourcesOf(WorkerPlacesV1 input, CrewV1 crew) =>
    [
        .. input.Clusters.Select(c => new Source(places.LauncherOf(c.Name), c.Name, input.ScanId))
            .Concat(crew.Members.Select(m => new Source(m.Provider, m.Place, m.LaunchedFor))).Distinct(),
    ];

    /// <returns>Null for those that gave no answer; and why, where none did.</returns>
    private async Task<(Dictionary<Source, WorkerListV1?> Lists, string? Away)> ListAsync(Source[] sources)
    {
        Dictionary<Source, WorkerListV1?> lists = [];
        List<string> faults = [];
        foreach (Source source in sources)
        {
            try
            {
                WorkerListV1 list = await launchers.ListAsync(source.Launcher, source.LaunchedFor, source.Place);
                lists[source] = list.IsReachable(source.Place) ? list : null;
                if (lists[source] is null) faults.Add(list.Unreachable!.First(u => u.Place == source.Place).Message);
            }
            catch (Exception away) when (away is DaprException or InvalidOperationException)
            {
                lists[source] = null;
                faults.Add(away.InnerException?.Message ?? away.Message);
            }
        }

        return (lists, faults.Count > 0 && lists.Values.All(l => l is null) ? string.Join("; ", faults.Distinct()) : null);
    }

    private static CrewSeenV1 Compare(string scan, CrewV1 crew, Dictionary<Source, WorkerListV1?> lists, WorkerInfoV1[] mine)
    {
        HashSet<string> listed = [.. mine.Select(w => w.Id)], exited = [.. mine.Where(w => w.State is WorkerState.Exited).Select(w => w.Id)];
        return new(
            scan,
            [.. crew.Members.Select(m => m.Id).Where(exited.Contains)],
            [.. crew.Members.Where(m => !listed.Contains(m.Id) && IsReachable(lists, m)).Select(m => m.Id)]);
    }

    private static bool IsReachable(Dictionary<Source, WorkerListV1?> lists, CrewMemberV1 member) => lists[new(member.Provider, member.Place, member.LaunchedFor)] is not null;

    private int Failed(Dictionary<Source, WorkerListV1?> lists, ClusterRequestV1 place, string scan) =>
        lists[new(places.LauncherOf(place.Name), place.Name, scan)]?.Workers.Count(HasFailed) ?? 0;

    private async Task<Dictionary<string, int>> NoteAsync(string scan, WorkerInfoV1[] mine)
    {
        Dictionary<string, int> errors = mine.Where(HasFailed).CountBy(w => string.Create(CultureInfo.InvariantCulture, $"exit code {w.ExitCode}")).Concat(await ToldAsync(scan))
            .GroupBy(e => e.Key, (error, counts) => KeyValuePair.Create(error, counts.Sum(c => c.Value))).OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal).Take(MostErrors).ToDictionary();
        Dictionary<string, IReadOnlyDictionary<string, int>> statuses = mine.GroupBy(Status).ToDictionary(
            g => g.Key, g => (IReadOnlyDictionary<string, int>)g.CountBy(w => HasFailed(w) ? "FatalError" : w.State is WorkerState.Exited ? "Done" : "Running").ToDictionary());
        WorkforceV1 now = new(scan, statuses, mine.Count(w => w.State is WorkerState.Running), errors);
        await documents.UpdateAsync<WorkforceV1>(StateKeys.Workforce(scan), _ => now);
        return errors;
    }

    /// <summary>Failures that living workers tell of in their heartbeats.</summary>
    private async Task<IEnumerable<KeyValuePair<string, int>>> ToldAsync(string scan) =>
        (await actors.Batch(scan).CountErrors(MostErrors)).Select(e => KeyValuePair.Create(e.Key, (int)Math.Min(e.Value, int.MaxValue / 2)));

    private static bool HasFailed(WorkerInfoV1 worker) => worker is { State: WorkerState.Exited, ExitCode: { } code } && code != 0 && !Killed.Contains(code);

    private static string Status(WorkerInfoV1 worker) => worker.State switch { WorkerState.Pending => "IDLE", WorkerState.Running => "RUNNING", WorkerState.Held => "HELD", _ => "COMPLETED" };

    /// <summary>What one call of a launcher lists.</summary>
    private sealed record Source(string Launcher, string Place, string LaunchedFor);
}
