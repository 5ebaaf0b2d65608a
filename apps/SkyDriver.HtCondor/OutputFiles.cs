using System.Text;
using System.Text.Json.Serialization;
using SkyDriver.Components;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;
using SkyDriver.HtCondor.Tools;

namespace SkyDriver.HtCondor;

/// <summary>The last output of a worker.</summary>
/// <param name="IsTruncated">Earlier output is left out.</param>
internal sealed record WorkerLog(string Id, string Stdout, string Stderr, [property: JsonPropertyName("is_truncated")] bool IsTruncated);

/// <summary>What jobs wrote, once it has come to this machine: with the end of the job, or fetched from the schedd.</summary>
internal sealed class OutputFiles(PlaceSettings place, Toolbox tools, SubmissionStore store)
{
    /// <summary>How much longer than its jobs are listed the folder of a submission stays.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <exception cref="ComponentException">Output that is still with the schedd cannot be fetched.</exception>
    public async Task<IReadOnlyList<WorkerLog>> ReadAsync(IReadOnlyList<WorkerStatus> workers, int tailBytes, CancellationToken ct)
    {
        Dictionary<long, Submission> submissions = store.All().DistinctBy(s => s.ClusterId).ToDictionary(s => (long)s.ClusterId);
        // Only where the folder is, into which the output would come.
        WorkerStatus[] away = [.. workers.Where(w => place.Spool && w.State == WorkerStatus.Exited && submissions.TryGetValue(w.ClusterId, out Submission? s) && !File.Exists(Output(s, w.ProcId)))];
        foreach (string constraint in JobQuery.Exactly(place, await SpooledAsync(away, ct))) await tools.TransferAsync(constraint, ct);
        return [.. workers.Select(w => Read(w, submissions.GetValueOrDefault(w.ClusterId), tailBytes))];
    }

    // Fetching what is not in the queue is a fault.
    private async Task<IEnumerable<(int, int)>> SpooledAsync(WorkerStatus[] workers, CancellationToken ct)
    {
        if (workers.Length == 0) return [];
        HashSet<(long, int)> wanted = [.. workers.Select(w => (w.ClusterId, w.ProcId))];
        return (await tools.QueueAsync($"{JobQuery.Own(place)} && JobStatus == 4", ct)).Where(j => wanted.Contains((j.ClusterId, j.ProcId))).Select(j => (j.ClusterId, j.ProcId)).ToArray();
    }

    private static WorkerLog Read(WorkerStatus worker, Submission? submission, int tailBytes)
    {
        if (submission is null) return new(worker.Id, "", "", false);
        (string output, bool cut) = Tail(Output(submission, worker.ProcId), tailBytes);
        (string error, bool errorCut) = Tail(Path.Combine(submission.Folder, SubmitDescription.ErrorFile(worker.ProcId)), tailBytes);
        return new(worker.Id, output, error, cut || errorCut);
    }

    private static string Output(Submission submission, int proc) => Path.Combine(submission.Folder, SubmitDescription.OutputFile(proc));

    private static (string Text, bool IsCut) Tail(string path, int most)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bool isCut = file.Length > most;
            if (isCut) file.Seek(-most, SeekOrigin.End);
            byte[] bytes = new byte[Math.Min(most, file.Length)];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            int from = 0;
            // Not in the middle of a character.
            while (isCut && from < read && (bytes[from] & 0xC0) == 0x80) from++;
            return (Encoding.UTF8.GetString(bytes, from, read - from), isCut);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return ("", false);
        }
    }
}
