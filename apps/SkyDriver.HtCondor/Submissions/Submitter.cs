using System.Globalization;
using System.Text.RegularExpressions;
using SkyDriver.Components;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>What a deployment asks for.</summary>
internal sealed record DeployOrder(string ScanId, int Count, string IdempotencyKey, IReadOnlyDictionary<string, string> Environment, JobResources Resources);

/// <summary>What became of a deployment.</summary>
/// <param name="Submission">Null when there is none.</param>
/// <param name="Denied">Why there are fewer jobs than asked for.</param>
internal sealed record DeployOutcome(Submission? Submission, Denial? Denied);

/// <param name="Kind"><c>quota</c> or <c>unavailable</c>.</param>
internal sealed record Denial(string Kind, string Message);

/// <summary>Submits to one place, each business key once.</summary>
/// <remarks>The schedd is what remembers: every job carries its key, and before each submission the queue and the history are asked for it.
/// Under one key, one process at a time is between that question and the end of the submission.</remarks>
internal sealed partial class Submitter(PlaceSettings place, LauncherSettings settings, Toolbox tools, SubmissionStore store, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <exception cref="ComponentException">Refused, or of unknown outcome; the same key may be used again in both cases.</exception>
    public async Task<DeployOutcome> DeployAsync(DeployOrder order, CancellationToken ct)
    {
        string key = SubmissionStore.Key(order.ScanId, order.IdempotencyKey);
        TimeSpan longest = settings.SubmitTimeout + settings.ToolTimeout + settings.SettleTime;
        using SubmissionLock? turn = await SubmissionLock.TakeAsync(Path.Combine(settings.StateFolder, settings.Instance, "locks"), key, longest, clock, ct);
        if (turn is null) throw new ComponentException(ComponentFault.Unavailable, $"another submission to place '{place.Name}' is still under way after {longest.TotalSeconds:0} s; ask again with the same key");
        int busy;
        try
        {
            (Submission? before, busy) = await LookUpAsync(order, key, ct);
            if (before is not null) return new(before, null);
        }
        catch (ComponentException fault) when (fault.Fault == ComponentFault.Unavailable && !store.IsUncertain(key))
        {
            // Nothing was submitted, for certain.
            return new(null, new("unavailable", fault.Message));
        }

        int count = Math.Min(order.Count, place.MaxJobs - busy);
        Denial? denied = count == order.Count ? null : new("quota", $"place '{place.Name}' has {Math.Max(0, count)} of {order.Count} places free: {busy} of at most {place.MaxJobs} jobs are in its queue");
        return count < 1 ? new(null, denied) : await SubmitAsync(order, key, count, denied);
    }

    private async Task<DeployOutcome> SubmitAsync(DeployOrder order, string key, int count, Denial? denied)
    {
        SubmitOrder submit = new(order.ScanId, key, count, order.Resources, store.Folder(key));
        store.Begin(submit, place.Template, place, order.Environment.Where(v => v.Key != WorkerName.Variable));
        string told;
        ToolFault? fault = null;
        try
        {
            ToolAnswer<string> answer = await tools.SubmitAsync(submit.Folder);
            if (answer.ExitCode == 0 && Parse(answer.Output) is { } made && made.Count == count) return new(Completed(new(order.ScanId, key, made.Cluster, made.Count, submit.Folder)), denied);
            told = $"condor_submit ended with {answer.ExitCode}: {ToolFaults.Reason(answer.Error.Length > 0 ? answer.Error : answer.Output)}";
            // It says so before it has asked the schedd to make the jobs; later faults leave that open.
            if (answer.ExitCode != 0 && answer.Output.Length == 0 && answer.Error.Contains("ERROR", StringComparison.Ordinal) && !answer.Error.Contains("commit", StringComparison.Ordinal)) fault = ToolFaults.Classify(answer.Error);
        }
        catch (ToolTimeoutException timeout)
        {
            told = timeout.Message;
        }

        LogNoAnswer(order.ScanId, place.Name, told);
        if (fault is null) return await FindLostAsync(order, key, told, denied);
        store.Forget(key);
        return fault switch
        {
            ToolFault.Full => new(null, new("quota", ToolFaults.Exception(place.Name, ToolFault.Full, told).Message)),
            ToolFault.Unreachable => new(null, new("unavailable", ToolFaults.Exception(place.Name, ToolFault.Unreachable, told).Message)),
            _ => throw ToolFaults.Exception(place.Name, fault.Value, told),
        };
    }

    private async Task<DeployOutcome> FindLostAsync(DeployOrder order, string key, string told, Denial? denied)
    {
        try
        {
            if ((await LookUpAsync(order, key, CancellationToken.None)).Found is { } found) return new(found, denied);
        }
        catch (ComponentException unknown)
        {
            told += $"; and whether there are jobs is not known: {unknown.Message}";
        }

        // The mark of a begun submission stays: whoever asks next looks first.
        throw new ComponentException(ComponentFault.Unavailable, $"the submission to place '{place.Name}' has no certain outcome ({told}); ask again with the same key");
    }

    /// <summary>Looks for jobs of the key; after a submission without a known end for a while, as the schedd may still be at it.</summary>
    /// <returns>What was submitted, or null; and the jobs of this installation that are in the queue and not over.</returns>
    private async Task<(Submission? Found, int Busy)> LookUpAsync(DeployOrder order, string key, CancellationToken ct)
    {
        long start = clock.GetTimestamp();
        while (true)
        {
            IReadOnlyList<JobAd> queue = await tools.QueueAsync(JobQuery.OfInstance(place), ct);
            JobAd[] jobs = [.. queue.Where(j => j.Key == key)];
            await WithdrawAsync(jobs.Where(j => JobStates.IsUnspooled(j) && !JobStates.IsOver(j)), ct);
            jobs = [.. jobs.Where(j => !JobStates.IsUnspooled(j))];
            if (jobs.Length == 0) jobs = [.. await tools.HistoryAsync(JobQuery.OfKey(place, key), JobQuery.OlderThan(place, clock.GetUtcNow() - settings.HistoryTime), 1, ct)];
            if (jobs.Length > 0) return (Found(order, key, jobs), queue.Count);
            if (!store.IsUncertain(key) || clock.GetElapsedTime(start) >= settings.SettleTime) return (null, queue.Count(j => j.Owner == place.Owner && !JobStates.IsOver(j)));
            await Task.Delay(LookAgain, clock, ct);
        }
    }

    // Nobody else is submitting under this key, so these wait for files that will not come.
    private async Task WithdrawAsync(IEnumerable<JobAd> jobs, CancellationToken ct)
    {
        foreach (string constraint in JobQuery.Exactly(place, jobs.Select(j => (j.ClusterId, j.ProcId)))) await tools.RemoveAsync(constraint, ct);
    }

    private Submission Found(DeployOrder order, string key, JobAd[] jobs)
    {
        JobAd first = jobs[0];
        if (first.Owner != place.Owner)
        {
            throw new ComponentException(ComponentFault.FailedPrecondition, $"jobs of this installation at place '{place.Name}' belong to '{first.Owner}', not to '{place.Owner}'; set the place's owner to the user that its token stands for");
        }

        return Completed(new(order.ScanId, key, first.ClusterId, (int)(first.Count is > 0 and <= RequestLimits.MostJobs ? first.Count.Value : jobs.Max(j => j.ProcId) + 1), store.Folder(key)));
    }

    private Submission Completed(Submission submission)
    {
        store.Complete(submission, keepSecrets: !place.Spool);
        LogSubmitted(submission.ScanId, place.Name, submission.Count, submission.ClusterId);
        return submission;
    }

    private static (int Cluster, int Count)? Parse(string output)
    {
        Match match = TerseForm().Match(output);
        return match.Success && match.Groups[1].Value == match.Groups[3].Value
            && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int cluster)
            && int.TryParse(match.Groups[4].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int last) && match.Groups[2].Value == "0" ? (cluster, last + 1) : null;
    }

    [GeneratedRegex(@"^\s*([0-9]+)\.([0-9]+) - ([0-9]+)\.([0-9]+)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex TerseForm();

    [LoggerMessage(1, LogLevel.Information, "scan {ScanId}: {Count} jobs at place {Place} in cluster {Cluster}")]
    private partial void LogSubmitted(string scanId, string place, int count, int cluster);

    [LoggerMessage(2, LogLevel.Warning, "scan {ScanId}: the submission to place {Place} gave no answer that says what was made: {Told}")]
    private partial void LogNoAnswer(string scanId, string place, string told);
}
