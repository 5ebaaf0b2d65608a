using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using SkyDriver.Components;

namespace SkyDriver.LocalWorkers;

/// <summary>A worker as the launcher's callers see it.</summary>
/// <param name="State">running or exited.</param>
/// <param name="ExitCode">Null also when it ended under a launcher before this one.</param>
/// <param name="Place">As whoever asked for it named it.</param>
internal sealed record WorkerStatus(string Id, string ScanId, string State, int? Pid, int? ExitCode, string? Place);

/// <summary>The last output of a worker.</summary>
/// <param name="IsTruncated">Earlier output is left out.</param>
internal sealed record WorkerLog(string Id, string Stdout, string Stderr, bool IsTruncated);

/// <summary>Worker processes of this machine, started and ended on request.</summary>
/// <remarks>A launcher that was killed leaves its workers behind; the next one with the same folder takes them over.</remarks>
internal sealed partial class WorkerPool : IDisposable
{
    private const string WorkerIdVariable = "SKYDRIVER_WORKER_ID", SlotsVariable = "SKYDRIVER_WORKER_SLOTS";

    /// <summary>Of all logs in one answer, bytes; sidecars refuse more than 4 MiB.</summary>
    private const int MostLogBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Worker> _workers = [];
    private readonly Dictionary<(string ScanId, string Key), IReadOnlyList<string>> _deployments = [];
    private readonly WorkerFolder _folder;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _lastNumber;
    private bool _closed;

    public WorkerPool(LauncherSettings settings, WorkerFolder folder, TimeProvider clock, ILogger logger)
    {
        (Settings, _folder, _clock, _logger) = (settings, folder, clock, logger);
        foreach (WorkerRecord orphan in folder.TakeOver()) _workers[orphan.Id] = new(orphan, Child: null);
        foreach (var deployment in _workers.Values.GroupBy(w => (w.Record.ScanId, w.Record.Key))) _deployments[deployment.Key] = [.. deployment.Select(w => w.Id).Order(StringComparer.Ordinal)];
        if (_workers.Count > 0) LogTakenOver(_workers.Count);
    }

    public LauncherSettings Settings { get; set; }

    /// <summary>Starts workers, as many as the limit leaves room for; there may be room for none. They share the processors of this machine,
    /// unless the environment, theirs or this launcher's, says how many slots each has.</summary>
    /// <param name="key">The same key of the same scan again answers with the workers of the first call that started any.</param>
    /// <exception cref="ComponentException">The command cannot be started.</exception>
    public IReadOnlyList<string> Deploy(string scanId, int count, string key, IReadOnlyDictionary<string, string> environment, string? place = null)
    {
        lock (_lock)
        {
            if (_closed) throw new ComponentException(ComponentFault.Unavailable, "this launcher is ending");
            if (_deployments.TryGetValue((scanId, key), out IReadOnlyList<string>? before)) return before;
            int room = Math.Max(0, Settings.MaxWorkers - _workers.Values.Count(w => w.IsRunning));
            List<string> started = [];
            int slots = Math.Max(1, Environment.ProcessorCount / Math.Max(1, count));
            try
            {
                while (started.Count < Math.Min(room, count)) started.Add(Start(scanId, key, environment, place, slots));
            }
            finally
            {
                // Also what was started before a fault: a repeat must not start it again.
                if (started.Count > 0) _deployments[(scanId, key)] = started;
                LogDeployed(scanId, started.Count, count);
            }

            return started;
        }
    }

    public IReadOnlyList<WorkerStatus> List(Predicate<WorkerStatus> wanted) => [.. Choose(wanted).Select(w => w.Status)];

    /// <param name="tailBytes">Most bytes of each stream; less when many workers are asked for at once.</param>
    public IReadOnlyList<WorkerLog> Logs(Predicate<WorkerStatus> wanted, int tailBytes)
    {
        IReadOnlyList<Worker> chosen = Choose(wanted);
        int most = Math.Min(tailBytes, MostLogBytes / Math.Max(1, 2 * chosen.Count));
        return [.. chosen.Select(worker =>
        {
            var (output, isOutputCut) = WorkerFolder.Tail(_folder.Output(worker.Record.Name), most);
            var (errors, isErrorCut) = WorkerFolder.Tail(_folder.Errors(worker.Record.Name), most);
            return new WorkerLog(worker.Id, output, errors, isOutputCut || isErrorCut);
        })];
    }

    /// <summary>Ends workers: asked first, killed with all their children when they do not listen. They are forgotten then.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> RemoveAsync(Predicate<WorkerStatus> wanted)
    {
        IReadOnlyList<Worker> chosen = Choose(wanted);
        await Task.WhenAll(chosen.Select(StopAsync));
        lock (_lock)
        {
            foreach (Worker worker in chosen) _workers.Remove(worker.Id);
            foreach (var done in _deployments.Where(d => !d.Value.Any(_workers.ContainsKey)).Select(d => d.Key).ToArray()) _deployments.Remove(done);
        }

        foreach (Worker worker in chosen)
        {
            worker.Child?.Dispose();
            _folder.Remove(worker.Record.Name);
        }

        return chosen.Count;
    }

    /// <summary>Ends all workers and starts no more.</summary>
    public async Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
        }

        await RemoveAsync(_ => true);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<Worker> Choose(Predicate<WorkerStatus> wanted)
    {
        lock (_lock) return [.. _workers.Values.Where(w => wanted(w.Status)).OrderBy(w => w.Id, StringComparer.Ordinal)];
    }

    private string Start(string scanId, string key, IReadOnlyDictionary<string, string> environment, string? place, int slots)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{WorkerProcess.Current.Id}x{WorkerProcess.Current.Started:x}-{++_lastNumber}"), id = $"{scanId}-{name}";
        if (!Executables.Exists(Settings.Command[0])) throw CannotStart("there is no such program");
        // The output goes into files that outlive this process, and the session is one's own, to be killed as a whole.
        ProcessStartInfo start = new("/bin/sh", ["-c", "exec setsid \"$@\" </dev/null >>\"$0.out\" 2>>\"$0.err\"", _folder.Stem(name), .. Settings.Command]) { UseShellExecute = false };
        foreach ((string variable, string value) in environment) start.Environment[variable] = value;
        start.Environment[WorkerIdVariable] = id;
        start.Environment.TryAdd(SlotsVariable, slots.ToString(CultureInfo.InvariantCulture));
        try
        {
            Process child = Process.Start(start) ?? throw new Win32Exception("no process was made");
            WorkerRecord record = new(id, scanId, key, name, WorkerProcess.Find(child.Id) ?? new(child.Id, 0), WorkerProcess.Current, place);
            _workers[id] = new(record, child);
            _folder.Save(record);
            return id;
        }
        catch (Win32Exception fault)
        {
            throw CannotStart(fault.Message);
        }
    }

    private ComponentException CannotStart(string why) =>
        new(ComponentFault.FailedPrecondition, $"the command '{Settings.Command[0]}' of the component cannot be started: {why}");

    private async Task StopAsync(Worker worker)
    {
        WorkerProcess process = worker.Record.Process;
        process.Terminate();
        using CancellationTokenSource deadline = new(Settings.StopTimeout, _clock);
        try
        {
            await process.WaitForEndAsync(_clock, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            LogKilled(worker.Id, Settings.StopTimeout.TotalSeconds);
            process.Kill();
            await process.WaitForEndAsync(_clock, CancellationToken.None);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "scan {ScanId}: {Started} of {Asked} workers started")]
    private partial void LogDeployed(string scanId, int started, int asked);

    [LoggerMessage(2, LogLevel.Warning, "worker {Id} did not end within {Seconds} s and was killed")]
    private partial void LogKilled(string id, double seconds);

    [LoggerMessage(3, LogLevel.Information, "{Count} workers of a launcher that was killed are taken over")]
    private partial void LogTakenOver(int count);

    /// <param name="Child">Null when another launcher started it.</param>
    private sealed record Worker(WorkerRecord Record, Process? Child)
    {
        public string Id => Record.Id;

        public bool IsRunning => Record.Process.IsRunning;

        public WorkerStatus Status => IsRunning
            ? new(Id, Record.ScanId, "running", Record.Process.Id, null, Record.Place)
            : new(Id, Record.ScanId, "exited", null, Child is { HasExited: true } ended ? ended.ExitCode : null, Record.Place);
    }
}
