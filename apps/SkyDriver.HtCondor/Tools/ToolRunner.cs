using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SkyDriver.Components;

namespace SkyDriver.HtCondor.Tools;

/// <summary>Runs the tools of HTCondor: never through a shell, never for longer than their limit, never many at once.</summary>
internal sealed partial class ToolRunner(string? toolsFolder, TimeProvider clock) : IDisposable
{
    private const int MostAtOnce = 8;
    private const int MaxTextBytes = 65_536;
    private const int Kill = 9;

    // A session of its own makes the tool and all its children one group, which ends as one.
    private const string SessionStarter = "/usr/bin/setsid";

    // From the launcher's own environment, which may hold what is nobody's business.
    private static readonly string[] Inherited = ["PATH", "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    /// <exception cref="ComponentException">The tool is not there or cannot be started.</exception>
    /// <exception cref="ToolTimeoutException">It did not end in time.</exception>
    public Task<ToolAnswer<string>> RunAsync(ToolCall call, CancellationToken ct) => RunAsync(call, (output, token) => ReadTextAsync(output, MaxTextBytes, token), ct);

    /// <param name="read">Reads the tool's output to its end.</param>
    public async Task<ToolAnswer<T>> RunAsync<T>(ToolCall call, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        try
        {
            using CancellationTokenSource limit = new(call.Limit, clock);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
            using Process process = Start(call);
            try
            {
                return await AnswerAsync(process, read, either.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                throw new ToolTimeoutException(call.Tool, call.Limit);
            }
            finally
            {
                End(process);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Where a tool is.</summary>
    /// <exception cref="ComponentException">Nowhere.</exception>
    public string Find(string tool)
    {
        IEnumerable<string> folders = toolsFolder is null ? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries) : [toolsFolder];
        return folders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists) ?? throw new ComponentException(
            ComponentFault.FailedPrecondition, $"{tool} is not in {(toolsFolder is null ? "any folder of PATH" : toolsFolder)}; install the command line tools of HTCondor, or name their folder in toolsFolder");
    }

    public void Dispose() => _places.Dispose();

    private static async Task<ToolAnswer<T>> AnswerAsync<T>(Process process, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        Task<string> error = ReadTextAsync(process.StandardError.BaseStream, MaxTextBytes, ct);
        // A child that outlives its tool may keep the pipes open, and a read of a pipe does not always listen to its token.
        T output = await read(process.StandardOutput.BaseStream, ct).WaitAsync(ct);
        string text = await error.WaitAsync(ct);
        await process.WaitForExitAsync(ct);
        return new(process.ExitCode, output, text);
    }

    private Process Start(ToolCall call)
    {
        string tool = Find(call.Tool);
        ProcessStartInfo start = File.Exists(SessionStarter) ? new(SessionStarter, [tool, .. call.Arguments]) : new(tool, call.Arguments);
        (start.UseShellExecute, start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (false, true, true, true);
        start.WorkingDirectory = call.Folder ?? "/";
        Dictionary<string, string?> own = new(start.Environment);
        start.Environment.Clear();
        foreach ((string name, string? value) in own.Where(v => Inherited.Contains(v.Key) || v.Key.StartsWith("CONDOR_", StringComparison.Ordinal) || v.Key.StartsWith("_CONDOR_", StringComparison.Ordinal)))
        {
            start.Environment[name] = value;
        }

        // Messages are read by programs.
        start.Environment["LC_ALL"] = "C";
        foreach ((string name, string value) in call.Environment) start.Environment[name] = value;
        try
        {
            Process process = Process.Start(start) ?? throw new Win32Exception("no process was made");
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception fault)
        {
            throw new ComponentException(ComponentFault.FailedPrecondition, $"{tool} cannot be started: {fault.Message}", fault);
        }
    }

    private static void End(Process process)
    {
        if (process.HasExited) return;
        if (!File.Exists(SessionStarter) || Signal(-process.Id, Kill) != 0) process.Kill(entireProcessTree: true);
        // SIGKILL cannot be refused; this only collects the exit code.
        process.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>Reads to the end and keeps the first bytes.</summary>
    private static async Task<string> ReadTextAsync(Stream stream, int most, CancellationToken ct)
    {
        byte[] buffer = new byte[8192];
        using MemoryStream kept = new();
        while (await stream.ReadAsync(buffer, ct) is > 0 and int read) kept.Write(buffer, 0, (int)Math.Min(read, most - kept.Length));
        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
