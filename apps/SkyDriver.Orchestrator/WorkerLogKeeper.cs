using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator;

/// <summary>Keeps the last output of a scan's workers where it is still found when they are gone.</summary>
/// <remarks>It is for people who ask why: nothing depends on it, so nothing fails by it.</remarks>
public sealed partial class WorkerLogKeeper(WorkerLaunchers launchers, StateDocuments documents, ILogger<WorkerLogKeeper> log)
{
    /// <summary>Workers of one scan whose output is kept; those that failed come first.</summary>
    private const int MostWorkers = 20;

    /// <summary>Of each stream, bytes. Written as JSON, all of it stays below <see cref="StateKeys.MaxValueBytes"/> whatever it holds.</summary>
    private const int TailBytes = 4 << 10;

    public async Task KeepAsync(string launcher, string scanId, IReadOnlyList<WorkerInfoV1> workers)
    {
        string[] ids = [.. workers.Where(w => w.State is WorkerState.Running or WorkerState.Exited).OrderByDescending(w => w.ExitCode is not (null or 0)).Select(w => w.Id).Take(MostWorkers)];
        if (ids.Length == 0) return;
        try
        {
            IReadOnlyList<WorkerLogV1> now = (await launchers.LogsAsync(launcher, new(null, ids, TailBytes))).Logs;
            if (now.Count == 0) return;
            await documents.UpdateAsync<WorkerLogsV1>(StateKeys.WorkerLogs(scanId), before => Merge(before, now));
        }
        catch (Exception fault) when (fault is DaprException or InvalidOperationException or TimeoutException)
        {
            LogNotKept(scanId, launcher, fault.Message);
        }
    }

    /// <summary>Those of other places, and of workers that were replaced, stay as long as there is room.</summary>
    private static WorkerLogsV1? Merge(WorkerLogsV1? before, IReadOnlyList<WorkerLogV1> now)
    {
        HashSet<string> known = [.. now.Select(l => l.Id)];
        WorkerLogV1[] all = [.. now.Select(Cut).Concat((before?.Logs ?? []).Where(l => !known.Contains(l.Id))).Take(MostWorkers)];
        return before is not null && before.Logs.SequenceEqual(all) ? null : new(all);
    }

    // A launcher may give more than it was asked for.
    private static WorkerLogV1 Cut(WorkerLogV1 log) =>
        log.Stdout.Length <= TailBytes && log.Stderr.Length <= TailBytes ? log : log with { Stdout = End(log.Stdout), Stderr = End(log.Stderr), IsTruncated = true };

    private static string End(string text) => text.Length <= TailBytes ? text : text[^TailBytes..];

    [LoggerMessage(Level = LogLevel.Information, Message = "scan {Scan}: the output of its workers at {Launcher} was not kept: {Fault}")]
    private partial void LogNotKept(string scan, string launcher, string fault);
}
