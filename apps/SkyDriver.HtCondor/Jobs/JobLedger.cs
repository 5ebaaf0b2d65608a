namespace SkyDriver.HtCondor.Jobs;

/// <summary>Makes one answer of what the sources say.</summary>
internal static class JobLedger
{
    /// <summary>Each job once. A source that says that a job is over is right; of the others, the one whose news is younger, and of equals the first.</summary>
    public static IReadOnlyList<JobAd> Reconcile(params IEnumerable<IReadOnlyCollection<JobAd>> sources)
    {
        Dictionary<(int, int), JobAd> jobs = [];
        foreach (JobAd job in sources.SelectMany(s => s))
        {
            (int, int) id = (job.ClusterId, job.ProcId);
            if (!jobs.TryGetValue(id, out JobAd? known) || IsBetter(job, known)) jobs[id] = job;
        }

        return [.. jobs.Values.OrderBy(j => j.ClusterId).ThenBy(j => j.ProcId)];
    }

    private static bool IsBetter(JobAd job, JobAd known) =>
        JobStates.IsOver(job) != JobStates.IsOver(known) ? JobStates.IsOver(job) : (job.EnteredCurrentStatus ?? 0) > (known.EnteredCurrentStatus ?? 0);
}
