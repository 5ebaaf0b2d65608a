using SkyDriver.Components;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor;

/// <summary>One schedd: submits to it, follows its jobs, removes them, fetches what they wrote.</summary>
internal sealed class Place
{
    private readonly PlaceSettings _settings;
    private readonly LauncherSettings _launcher;
    private readonly TimeProvider _clock;
    private readonly Toolbox _tools;
    private readonly SubmissionStore _store;
    private readonly Submitter _submitter;
    private readonly OutputFiles _output;
    private readonly IReadOnlyList<IJobSource> _sources;
    private readonly ILogger _logger;

    public Place(PlaceSettings settings, LauncherSettings launcher, ToolRunner runner, TimeProvider clock, ILogger logger)
    {
        (_settings, _launcher, _clock, _logger) = (settings, launcher, clock, logger);
        _store = new(launcher, settings);
        _tools = new(settings, launcher, runner, TokenFolder.Write(launcher, settings));
        _submitter = new(settings, launcher, _tools, _store, clock, logger);
        _output = new(settings, _tools, _store);
        QueueSource queue = new(settings, _tools);
        // A log of our own tells the end of jobs as well as the schedd's history, which is long and belongs to all.
        _sources = settings.ReadsEventLog ? [queue, new EventLogSource(_store, clock.LocalTimeZone)] : [queue, new HistorySource(settings, launcher.HistoryTime, _tools, clock)];
    }

    public string Name => _settings.Name;

    public PlaceSettings Settings => _settings;

    public Task<DeployOutcome> DeployAsync(DeployOrder order, CancellationToken ct) => _submitter.DeployAsync(order, ct);

    /// <exception cref="ComponentException">The schedd does not answer.</exception>
    public async Task<IReadOnlyList<WorkerStatus>> ListAsync(string? scanId, CancellationToken ct)
    {
        DateTimeOffset start = _clock.GetUtcNow();
        (IReadOnlyList<JobAd> jobs, bool hasQueue) = await ReadAsync(scanId, ct);
        if (hasQueue) Clean(jobs, scanId, start);
        return [.. jobs.Where(j => j.Owner is null || j.Owner == _settings.Owner).Select(j => JobStates.Describe(j, Name))];
    }

    /// <returns>How many jobs were in the queue and are marked for removal now.</returns>
    public async Task<int> RemoveAsync(string? scanId, IReadOnlyCollection<WorkerName>? names, CancellationToken ct)
    {
        HashSet<(int, int)>? wanted = names is null ? null : [.. names.Select(n => (n.Cluster, n.Proc))];
        (int Cluster, int Proc)[] chosen = await PresentAsync();
        foreach (string constraint in JobQuery.Exactly(_settings, chosen)) await _tools.RemoveAsync(constraint, ct);
        if (chosen.Length == 0) return 0;
        // The tool says the same of jobs that are gone and of jobs that it may not touch.
        int left = (await PresentAsync()).Intersect(chosen).Count();
        return left == 0 ? chosen.Length : throw ToolFaults.Exception(Name, ToolFault.Denied, $"{left} of {chosen.Length} jobs are still in the queue after condor_rm");

        async Task<(int, int)[]> PresentAsync() => [.. (await _tools.QueueAsync(JobQuery.OfScan(_settings, scanId), ct))
            .Where(j => j.JobStatus != 3 && (wanted is null || wanted.Contains((j.ClusterId, j.ProcId)))).Select(j => (j.ClusterId, j.ProcId))];
    }

    /// <summary>The jobs whose output is wanted, those that failed first.</summary>
    public async Task<IReadOnlyList<WorkerStatus>> ChooseAsync(string? scanId, IReadOnlyCollection<WorkerName>? names, CancellationToken ct)
    {
        HashSet<string>? wanted = names is null ? null : [.. names.Select(n => n.ToString())];
        return [.. (await ListAsync(scanId, ct)).Where(w => wanted is null || wanted.Contains(w.Id)).OrderBy(w => w.State == WorkerStatus.Exited ? w.ExitCode is 0 ? 1 : 0 : 2)];
    }

    /// <summary>The last output of jobs.</summary>
    public Task<IReadOnlyList<WorkerLog>> LogsAsync(IReadOnlyList<WorkerStatus> workers, int tailBytes, CancellationToken ct) => _output.ReadAsync(workers, tailBytes, ct);

    // One source after the other: a job that leaves the queue meanwhile is found in the next.
    private async Task<(IReadOnlyList<JobAd> Jobs, bool HasQueue)> ReadAsync(string? scanId, CancellationToken ct)
    {
        List<IReadOnlyCollection<JobAd>> answers = [];
        bool hasQueue = true;
        foreach (IJobSource source in _sources)
        {
            try
            {
                answers.Add(await source.ReadAsync(scanId, ct));
            }
            catch (ComponentException fault) when (source is QueueSource && _settings.ReadsEventLog)
            {
                // The log on our own disk knows every job that was submitted from here.
                PlaceLog.LogOnly(_logger, fault, Name);
                hasQueue = false;
            }
        }

        return (JobLedger.Reconcile(answers), hasQueue);
    }

    // Secrets go with the last job that could still start; files stay for as long as jobs are listed.
    private void Clean(IReadOnlyList<JobAd> jobs, string? scanId, DateTimeOffset start)
    {
        JobAd[] alive = [.. jobs.Where(j => !JobStates.IsOver(j))];
        DateTimeOffset oldest = start - _launcher.HistoryTime - OutputFiles.Grace;
        foreach (Submission submission in _store.All().Where(s => (scanId is null || s.ScanId == scanId) && !Array.Exists(alive, j => j.ClusterId == s.ClusterId)))
        {
            DateTimeOffset written = SubmissionStore.Written(submission);
            if (written < oldest) Try(submission.Key, () => _store.Forget(submission.Key));
            // One that was written down since may have jobs that the queue did not know yet.
            else if (written < start) Try(submission.Key, () => _store.DropSecrets(submission));
        }

        // Begun, never ended and never asked for again.
        if (scanId is not null) return;
        foreach (string key in _store.BegunBefore(oldest).Where(key => !Array.Exists(alive, j => j.Key == key))) Try(key, () => _store.Forget(key));
    }

    private void Try(string key, Action clean)
    {
        try
        {
            clean();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            PlaceLog.NotCleaned(_logger, fault, _store.Folder(key));
        }
    }
}

internal static partial class PlaceLog
{
    [LoggerMessage(10, LogLevel.Warning, "the files in {Folder} are not needed any more and cannot be removed")]
    public static partial void NotCleaned(ILogger logger, Exception fault, string folder);

    [LoggerMessage(11, LogLevel.Warning, "the queue of place {Place} gives no answer; its jobs are listed from their event logs alone")]
    public static partial void LogOnly(ILogger logger, Exception fault, string place);
}
