using System.Diagnostics;
using System.Text;

namespace HtCondor.Double;

/// <summary>The machines of a pool: idle jobs become processes, which end with their jobs and the jobs with them.</summary>
public sealed class Machines : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Pool _pool;
    private readonly string _folder;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<(long Cluster, long Proc), Running> _running = [];
    private readonly Task _work;

    /// <param name="folder">Where each job has its scratch folder.</param>
    public Machines(Pool pool, string folder)
    {
        (_pool, _folder) = (pool, folder);
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Processes started so far.</summary>
    public int Started { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        foreach (Running job in _running.Values) End(job);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Contents now = _pool.Look();
            foreach (Ad job in now.Queue.Where(j => j.Status == 1).ToArray()) Start(job);
            HashSet<(long, long)> queued = [.. now.Queue.Select(Number)];
            foreach (((long, long) number, Running job) in _running.ToArray())
            {
                bool isRemoved = !queued.Contains(number);
                if (isRemoved) End(job);
                if (!job.Process.HasExited) continue;
                int code = job.Process.ExitCode;
                if (!isRemoved) _pool.Change(c => c.Queue.Where(j => Number(j) == number).ToList().ForEach(j => Jobs.Exit(c, j, code, job.Output)));
                _running.Remove(number);
                job.Process.Dispose();
            }

            await Task.WhenAny(Task.Delay(Look, _stop.Token));
        }
    }

    private void Start(Ad job)
    {
        (long cluster, long proc) = Number(job);
        string home = job.Text("Iwd")!, scratch = Directory.CreateDirectory(Path.Combine(_folder, $"{cluster}.{proc}")).FullName, program = Path.Combine(scratch, Path.GetFileName(job.Text("Cmd")!));
        foreach (string file in (job.Text("TransferInput") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Append(job.Text("Cmd")!))
            File.Copy(Path.Combine(home, file), Path.Combine(scratch, Path.GetFileName(file)), overwrite: true);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _pool.Change(c => c.Queue.Where(j => Number(j) == (cluster, proc)).ToList().ForEach(j => Jobs.Run(j, $"slot1_{proc}@double")));
        ProcessStartInfo start = new(program, Words(job.Text("Arguments"))) { WorkingDirectory = scratch, RedirectStandardOutput = true, RedirectStandardError = true };
        // A machine knows nothing of where the job was submitted.
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("DAPR_", StringComparison.Ordinal) || k.StartsWith("SKYDRIVER_", StringComparison.Ordinal) || k is "APP_PORT" or "SIDECAR_HOST_SOCKET").ToArray())
            start.Environment.Remove(variable);
        start.Environment["_CONDOR_SCRATCH_DIR"] = scratch;
        foreach (string[] pair in Words(job.Text("Environment")).Select(w => w.Split('=', 2))) start.Environment[pair[0]] = pair[1];
        _running[(cluster, proc)] = new(Process.Start(start)!);
        Started++;
    }

    private static void End(Running job)
    {
        if (!job.Process.HasExited) job.Process.Kill(entireProcessTree: true);
        job.Process.WaitForExit();
    }

    private static (long Cluster, long Proc) Number(Ad job) => (job.Cluster, job.Proc);

    private static List<string> Words(string? text) => text is { Length: > 0 } ? SubmitFile.Tokens(SubmitFile.Unquote(text)) : [];

    private sealed class Running
    {
        private readonly StringBuilder _output = new();

        public Running(Process process)
        {
            Process = process;
            process.OutputDataReceived += Note;
            process.ErrorDataReceived += Note;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public Process Process { get; }

        public string Output
        {
            get
            {
                lock (_output) return _output.ToString();
            }
        }

        private void Note(object sender, DataReceivedEventArgs line)
        {
            lock (_output) _output.Append(line.Data).Append('\n');
        }
    }
}
