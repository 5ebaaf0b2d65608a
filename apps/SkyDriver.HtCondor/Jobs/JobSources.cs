using SkyDriver.Components;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>The schedd's queue: what waits, runs, is held, or has ended and waits for somebody to fetch its output.</summary>
internal sealed class QueueSource(PlaceSettings place, Toolbox tools) : IJobSource
{
    public async Task<IReadOnlyCollection<JobAd>> ReadAsync(string? scanId, CancellationToken ct) => await tools.QueueAsync(JobQuery.OfScan(place, scanId), ct);
}

/// <summary>The schedd's history: jobs that left the queue, as far back as jobs are listed.</summary>
internal sealed class HistorySource(PlaceSettings place, TimeSpan reach, Toolbox tools, TimeProvider clock) : IJobSource
{
    public async Task<IReadOnlyCollection<JobAd>> ReadAsync(string? scanId, CancellationToken ct) =>
        await tools.HistoryAsync(JobQuery.OfScan(place, scanId), JobQuery.OlderThan(place, clock.GetUtcNow() - reach), limit: null, ct);
}

/// <summary>The event logs of our own submissions, on a disk of this machine: costs the schedd nothing and answers without it.</summary>
internal sealed class EventLogSource(SubmissionStore submissions, TimeZoneInfo zone) : IJobSource
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, EventLogReader> _readers = [];

    public async Task<IReadOnlyCollection<JobAd>> ReadAsync(string? scanId, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            IReadOnlyList<Submission> all = submissions.All();
            foreach (string gone in _readers.Keys.Except(all.Select(s => s.Folder)).ToArray()) _readers.Remove(gone);
            List<JobAd> jobs = [];
            foreach (Submission submission in all.Where(s => scanId is null || s.ScanId == scanId)) jobs.AddRange(await ReadAsync(submission, ct));
            return jobs;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IEnumerable<JobAd>> ReadAsync(Submission submission, CancellationToken ct)
    {
        if (!_readers.TryGetValue(submission.Folder, out EventLogReader? reader))
        {
            _readers[submission.Folder] = reader = new(Path.Combine(submission.Folder, SubmitDescription.EventLog), zone);
        }

        try
        {
            // The log says nothing of scans.
            string scan = SubmitText.Encode(submission.ScanId);
            return (await reader.ReadAsync(ct)).Where(job => job.ClusterId == submission.ClusterId).Select(job => { job.ScanId = scan; return job; });
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ComponentException(ComponentFault.Unavailable, $"the event log of cluster {submission.ClusterId} cannot be read: {fault.Message}", fault);
        }
    }
}
