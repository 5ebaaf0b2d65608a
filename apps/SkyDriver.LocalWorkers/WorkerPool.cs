using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SkyDriver.Components;

namespace SkyDriver.LocalWorkers;

/// <summary>A worker as the launcher's callers see it.</summary>
/// <param name="State">running or exited.</param>
internal sealed record WorkerStatus(string Id, string ScanId, string State, int? Pid, int? ExitCode);

/// <summary>Worker processes of this machine, started and ended on request.</summary>
internal sealed partial class WorkerPool(LauncherSettings settings, TimeProvider clock, ILogger logger)
{
    private const string WorkerIdVariable = "SKYDRIVER_WORKER_ID";
    private const int Terminate = 15;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Worker> _workers = [];
    private readonly Dictionary<(string ScanId, string Key), IReadOnlyList<string>> _deployments = [];
    private int _lastNumber;
    private bool _closed;

    public LauncherSettings Settings { get; set; } = settings;

    /// <summary>Starts workers, as many as the limit leaves room for; there may be room for none.</summary>
    /// <param name="key">The same key of the same scan again answers with the workers of the first call that started any.</param>
    /// <exception cref="ComponentException">The command cannot be started.</exception>
    public IReadOnlyList<string> Deploy(string scanId, int count, string key, IReadOnlyDictionary<string, string> environment)
    {
        lock (_lock)
        {
            if (_closed) throw new ComponentException(ComponentFault.Unavailable, "this launcher is ending");
            if (_deployments.TryGetValue((scanId, key), out IReadOnlyList<string>? before)) return before;
            int room = Math.Max(0, Settings.MaxWorkers - _workers.Values.Count(w => w.IsRunning));
            List<string> started = [];
            try
            {
                while (started.Count < Math.Min(room, count)) started.Add(Start(scanId, environment));
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

    public IReadOnlyList<WorkerStatus> List(Predicate<WorkerStatus> wanted)
    {
        lock (_lock) return [.. _workers.Values.Select(w => w.Status).Where(s => wanted(s)).OrderBy(s => s.Id, StringComparer.Ordinal)];
    }

    /// <summary>Ends workers: asked first, killed with all their children when they do not listen. They are forgotten then.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> RemoveAsync(Predicate<WorkerStatus> wanted)
    {
        Worker[] chosen;
        lock (_lock)
        {
            chosen = [.. _workers.Values.Where(w => wanted(w.Status))];
        }

        await Task.WhenAll(chosen.Select(StopAsync));
        lock (_lock)
        {
            foreach (Worker worker in chosen) _workers.Remove(worker.Id);
            foreach (var done in _deployments.Where(d => !d.Value.Any(_workers.ContainsKey)).Select(d => d.Key).ToArray()) _deployments.Remove(done);
        }

        foreach (Worker worker in chosen) worker.Process.Dispose();
        return chosen.Length;
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

    private string Start(string scanId, IReadOnlyDictionary<string, string> environment)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{scanId}-{Environment.ProcessId}-{++_lastNumber}");
        ProcessStartInfo start = new(Settings.Command[0], Settings.Command.Skip(1)) { UseShellExecute = false };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        start.Environment[WorkerIdVariable] = id;
        try
        {
            Process process = Process.Start(start) ?? throw new Win32Exception("no process was made");
            _workers[id] = new(id, scanId, process);
            return id;
        }
        catch (Win32Exception fault)
        {
            throw new ComponentException(ComponentFault.FailedPrecondition, $"the command '{Settings.Command[0]}' of the component cannot be started: {fault.Message}", fault);
        }
    }

    private async Task StopAsync(Worker worker)
    {
        if (!worker.IsRunning) return;
        _ = Kill(worker.Process.Id, Terminate);
        using CancellationTokenSource deadline = new(Settings.StopTimeout, clock);
        try
        {
            await worker.Process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            LogKilled(worker.Id, Settings.StopTimeout.TotalSeconds);
            worker.Process.Kill(entireProcessTree: true);
            await worker.Process.WaitForExitAsync();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LoggerMessage(1, LogLevel.Information, "scan {ScanId}: {Started} of {Asked} workers started")]
    private partial void LogDeployed(string scanId, int started, int asked);

    [LoggerMessage(2, LogLevel.Warning, "worker {Id} did not end within {Seconds} s and was killed")]
    private partial void LogKilled(string id, double seconds);

    private sealed record Worker(string Id, string ScanId, Process Process)
    {
        public bool IsRunning => !Process.HasExited;

        public WorkerStatus Status => IsRunning ? new(Id, ScanId, "running", Process.Id, null) : new(Id, ScanId, "exited", null, Process.ExitCode);
    }
}
