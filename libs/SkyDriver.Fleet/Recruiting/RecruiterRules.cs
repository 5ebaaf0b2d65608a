using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>Judges recruiters, and says how many workers one is to get.</summary>
public static class RecruiterRules
{
    public const int MostRank = 10_000;

    public const int MostWorkers = 1_000_000;

    public static void Check(RecruiterV1 recruiter, List<string> faults)
    {
        WorkerFields.CheckBatch(recruiter.Batch, faults);
        Range("rank", recruiter.Rank, 1, MostRank);
        Range("tasks_per_worker", recruiter.TasksPerWorker, 1, int.MaxValue);
        Range("worker_concurrency", recruiter.WorkerConcurrency, 0, WorkerFields.MostConcurrency);
        Range("worker_prefetch", recruiter.WorkerPrefetch, 0, WorkerFields.MostConcurrency);
        Range("minimum_tasks", recruiter.MinimumTasks, 0, int.MaxValue);
        if (recruiter.MaximumWorkers is { } maximum) Range("maximum_workers", maximum, 0, MostWorkers);
        if (recruiter.Scope is not (RecruiterScope.Batch or RecruiterScope.Recruiter)) faults.Add($"scope '{recruiter.Scope}' is not known; use batch or recruiter.");
        if (recruiter.WorkerFlavor.Length is 0 or > 1024) faults.Add("worker_flavor must be a name, or auto with a filter, of at most 1024 characters.");
        else if (FlavorFilter.IsAuto(recruiter.WorkerFlavor)) FlavorFilter.Parse(recruiter.WorkerFlavor, faults);

        void Range(string member, int value, int least, int most)
        {
            if (value < least || value > most) faults.Add($"{member} {value} is out of range; use {least} to {most}.");
        }
    }

    public static RecruiterV1 Apply(RecruiterV1 before, RecruiterFieldsV1 fields)
    {
        bool Clears(string member) => fields.Cleared?.Contains(member) == true;
        return before with
        {
            TasksPerWorker = fields.TasksPerWorker ?? before.TasksPerWorker,
            WorkerFlavor = fields.WorkerFlavor ?? before.WorkerFlavor,
            WorkerConcurrency = fields.WorkerConcurrency ?? before.WorkerConcurrency,
            WorkerProvider = fields.WorkerProvider ?? (Clears("worker_provider") ? null : before.WorkerProvider),
            WorkerRegion = fields.WorkerRegion ?? (Clears("worker_region") ? null : before.WorkerRegion),
            WorkerPrefetch = fields.WorkerPrefetch ?? before.WorkerPrefetch,
            MinimumTasks = fields.MinimumTasks ?? before.MinimumTasks,
            MaximumWorkers = fields.MaximumWorkers ?? (Clears("maximum_workers") ? null : before.MaximumWorkers),
        };
    }

    /// <summary>How many workers are missing; zero or less for none.</summary>
    /// <param name="pending">Tasks ready to run, and work from outside.</param>
    /// <param name="workers">All of the batch, whatever their status, and those ordered.</param>
    /// <param name="own">Those of them that count against the maximum: all, or those that this rank hired.</param>
    public static long Need(RecruiterV1 recruiter, long pending, long workers, long own)
    {
        if (pending <= 0 || pending < recruiter.MinimumTasks) return 0;
        if (own >= recruiter.MaximumWorkers) return 0;
        long need = (pending + recruiter.TasksPerWorker - 1) / recruiter.TasksPerWorker - workers;
        return own + need > recruiter.MaximumWorkers ? recruiter.MaximumWorkers.Value - own : need;
    }

    /// <summary>When the whole batch counts.</summary>
    public static long Need(RecruiterV1 recruiter, long pending, long workers) => Need(recruiter, pending, workers, workers);
}

/// <summary>From the clusters of a scan to recruiters.</summary>
public static class ScanRecruiting
{
    /// <summary>One for each entry in its order, a repeated name being simply another rank.</summary>
    /// <remarks>
    /// So many tasks a worker that all pixels together ask for the workers of all clusters, or for one worker a pixel when
    /// there are fewer pixels. Workers are taken over from other scans at the same place only, as each place was asked for. With the scope of the recruiter each maximum is that of its own cluster, so that a worker
    /// that is lost is replaced where it was; with that of the batch the maxima add up: n1, n1 + n2, and so on.
    /// </remarks>
    public static IReadOnlyList<RecruiterV1> Plan(string scanId, ScanRecruitmentV1 request, string scope = RecruiterScope.Recruiter)
    {
        long workers = request.Clusters.Sum(c => (long)c.Count);
        int tasksPerWorker = (int)Math.Clamp(workers > 0 ? request.ExpectedPixels / workers : 1, 1, int.MaxValue);
        long sum = 0;
        List<RecruiterV1> plan = [];
        foreach (ScanClusterV1 cluster in request.Clusters)
        {
            sum += cluster.Count;
            plan.Add(new()
            {
                Batch = scanId,
                Rank = plan.Count + 1,
                TasksPerWorker = tasksPerWorker,
                WorkerFlavor = FlavorFilter.IsAuto(request.Flavor) ? $"{request.Flavor}:provider=={cluster.Provider}:region=={cluster.Name}" : request.Flavor,
                WorkerConcurrency = request.Concurrency,
                WorkerProvider = cluster.Provider,
                WorkerRegion = cluster.Name,
                MaximumWorkers = scope is RecruiterScope.Recruiter ? cluster.Count : (int)Math.Min(sum, int.MaxValue),
                Scope = scope,
                PartialRecycling = false,
                Environment = cluster.Taskforce is { } taskforce ? new Dictionary<string, string>(request.Environment ?? new Dictionary<string, string>()) { [WorkerEnvironment.Taskforce] = taskforce } : request.Environment,
            });
        }

        return plan;
    }

    /// <summary>What a scan's workers must be like, as the request says it.</summary>
    /// <param name="tag">Of the image; a worker of another one is no use.</param>
    public static string Flavor(string tag, long memoryBytes, long diskBytes)
    {
        string flavor = "auto";
        if (memoryBytes > 0) flavor += string.Create(CultureInfo.InvariantCulture, $":ram>={memoryBytes / 1e9}");
        if (diskBytes > 0) flavor += string.Create(CultureInfo.InvariantCulture, $":disk>={diskBytes / 1e9}");
        // Only compared, so that any other sign does where a filter has a meaning for this one.
        return $"{flavor}:image=={tag.Replace(':', '_')}";
    }
}
