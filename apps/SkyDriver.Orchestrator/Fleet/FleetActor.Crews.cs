using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// The workers of one batch, as the life cycle of a scan asks for them.
public sealed partial class FleetActor
{
    /// <summary>Looks in a row that miss a worker before it is taken for gone: a list may be older than the worker.</summary>
    private const int LooksUntilGone = 2;

    public Task<CrewV1> GetCrew(string batch) => TurnAsync(fleet => Task.FromResult(CrewOf(fleet, batch)));

    public Task<CrewV1> TellSeen(CrewSeenV1 seen) => TurnAsync(async fleet =>
    {
        HashSet<string> exited = [.. seen.Exited], missing = [.. seen.Missing];
        List<WorkerEntry> gone = [];
        foreach (WorkerEntry worker in Members(fleet, seen.Batch).ToArray())
        {
            int absences = missing.Contains(worker.LauncherId!) ? worker.Absences + 1 : 0;
            if (exited.Contains(worker.LauncherId!) || absences >= LooksUntilGone) gone.Add(worker);
            else if (absences != worker.Absences) fleet.Put(worker with { Absences = absences });
        }

        if (gone.Count > 0)
        {
            LogGone(gone.Count, seen.Batch);
            await ForgetAsync(fleet, gone, ExecutionCause.WorkerLost);
            await CycleAsync(fleet);
        }

        return CrewOf(fleet, seen.Batch);
    });

    public Task<DismissalV1> Dismiss(string batch) => TurnAsync(async fleet =>
    {
        DateTimeOffset now = Now();
        foreach (JobRow order in fleet.OpenJobs.Where(j => j.IsDeployment && j.Job.Args.Batch == batch).ToArray())
        {
            // What it may have submitted without telling is found in the launcher's list.
            if (order.Job.Status == JobStatus.Running && !await TryAsync($"the end of job {order.Job.JobId}", () => runner.EndAsync(order))) continue;
            fleet.Put(JobRules.Fail(JobRules.Log(order, "Its scan is over.", now), isFinal: true, now));
        }

        BatchDigestV1 digest = await actors.Batch(batch).GetDigest();
        GiveBackOver(fleet, digest);
        await RunJobsAsync(fleet);
        int orders = fleet.OpenJobs.Count(j => j.IsDeployment && j.Job.Args.Batch == batch);
        // A worker whose row is not in its batch yet is given back as soon as it is.
        HashSet<long> here = [.. digest.Workers.Select(w => w.WorkerId)];
        int going = fleet.Workers.Values.Count(w => w.Batch == batch && !w.Permanent && (fleet.IsLeaving(w.Id) || w.GivenBack is not null || !here.Contains(w.Id)));
        return new DismissalV1(orders + going, [.. fleet.Workers.Values.Where(w => w.LaunchedFor == batch).Select(w => w.LauncherId).OfType<string>()]);
    });

    private static IEnumerable<WorkerEntry> Members(FleetState fleet, string batch) =>
        fleet.Workers.Values.Where(w => w.Batch == batch && w is { Permanent: false, LauncherId: not null, LaunchedFor: not null } && !fleet.IsLeaving(w.Id));

    private static CrewV1 CrewOf(FleetState fleet, string batch)
    {
        JobRow[] newest = [.. fleet.Jobs.Values.Where(j => j.IsDeployment && j.Job.Args is { RecruiterRank: not null } args && args.Batch == batch).GroupBy(j => j.Job.Args.RecruiterRank).Select(g => g.Last())];
        string[] troubles = [.. newest.Where(j => j.Missing > 0).Select(j => j.Trouble).OfType<string>().Distinct()];
        string[] denials = [.. newest.Select(j => j.Denied).OfType<string>().Distinct()];
        return new(
            [.. Members(fleet, batch).Select(w => new CrewMemberV1(w.LauncherId!, w.Provider ?? "", w.Region ?? "", w.LaunchedFor!))],
            newest.Sum(j => j.Missing),
            denials.Length > 0 ? string.Join("; ", denials) : null,
            newest.Length > 0 && newest.All(j => j is { Fault: not null, IsOpen: false }) ? newest[0].Fault : null,
            troubles.Length > 0 ? string.Join("; ", troubles) : null);
    }
}
