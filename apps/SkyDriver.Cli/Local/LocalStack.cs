using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SkyDriver.Client;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Cli.Local;

/// <summary>The services of dapr.yaml running on this machine, below one process that this one started.</summary>
internal sealed partial class LocalStack : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);
    private const int Terminate = 15;

    /// <summary>Where pluggable components are found. Whoever runs some of their own beside the services names their folder; else there is a new one.</summary>
    private const string SocketsVariable = "DAPR_COMPONENTS_SOCKETS_FOLDER";

    private readonly Process _process;
    private readonly string? _ownSockets;

    private LocalStack(Process process, Uri address, string log, string? ownSockets) => (_process, Address, Log, _ownSockets) = (process, address, log, ownSockets);

    public Uri Address { get; }

    /// <summary>The file that holds what all services printed.</summary>
    public string Log { get; }

    /// <summary>Ends when the services do, whoever ended them.</summary>
    public Task Ended => _process.WaitForExitAsync();

    /// <summary>Starts the services and waits until they take requests.</summary>
    /// <exception cref="CommandException">They did not; the message says why and what to do.</exception>
    public static async Task<LocalStack> StartAsync(Installation installation, LocalStackOptions options, CancellationToken cancellationToken)
    {
        int port = options.Port == 0 ? FreePort.Take() : Checked(options.Port);
        if (!Directory.Exists(options.Components) || Directory.GetFiles(options.Components, "*.yaml").Length == 0)
        {
            throw CommandException.Usage($"--components: '{options.Components}' holds no component YAML; there are sets under {Path.Combine(installation.Root, "components")}.");
        }

        string log = PrepareData(options.Data);
        // A socket's path may have 107 characters only, so it cannot lie below any data folder.
        string? given = Environment.GetEnvironmentVariable(SocketsVariable) is { Length: > 0 } folder ? folder : null;
        string sockets = given ?? Directory.CreateTempSubdirectory("skydriver-").FullName;
        Uri address = new($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        Process process = Launch(installation, options, address, log, sockets);
        var stack = new LocalStack(process, address, log, given is null ? sockets : null);
        try
        {
            await stack.WaitUntilReadyAsync(cancellationToken);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Terminate);
            using CancellationTokenSource deadline = new(StopTimeout);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }

        _process.Dispose();
        if (_ownSockets is not null) Directory.Delete(_ownSockets, recursive: true);
    }

    /// <summary>The last lines that the services printed, for a person who must find out why.</summary>
    public string LastLines(int count)
    {
        try
        {
            return string.Join(Environment.NewLine, File.ReadLines(Log).TakeLast(count));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(2) };
        SkyDriverClient client = new(http);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartTimeout);
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(50));
        try
        {
            while (!await IsReadyAsync(client, deadline.Token))
            {
                if (_process.HasExited) throw new CommandException(ExitCodes.Failed, $"The services ended at once (exit code {_process.ExitCode}). Last lines of {Log}:{Environment.NewLine}{LastLines(15)}");
                await pause.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Failed, $"The services were not ready within {StartTimeout.TotalSeconds} s. Last lines of {Log}:{Environment.NewLine}{LastLines(15)}");
        }
    }

    private static async Task<bool> IsReadyAsync(SkyDriverClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.IsReadyAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;   // this one probe took too long
        }
    }

    private static Process Launch(Installation installation, LocalStackOptions options, Uri address, string log, string sockets)
    {
        List<string> command = options.Daprd
            ? ["dapr", "run", "-f", installation.DaprFile]
            : ["dotnet", installation.Sidecar, "run", "-f", installation.DaprFile, "--until-input-ends", "--resources-path", options.Components, "--data-dir", options.Data,
                "--app-port", $"skydriver-api={address.Port}", "--app-port", "skydriver-scanner=0", "--app-port", "skydriver-orchestrator=0",
                "--env", $"SKYDRIVER_API={address.ToString().TrimEnd('/')}"];
        // A session of its own: Ctrl-C reaches this program alone, which then ends the services in order; if this program is killed,
        // the end of their input ends them. The shell only joins the two outputs in one file.
        ProcessStartInfo start = new("/bin/sh", ["-c", "exec setsid \"$@\" >>\"$0\" 2>&1", log, .. command])
        {
            UseShellExecute = false,
            WorkingDirectory = installation.Root,
            RedirectStandardInput = true,
        };
        start.Environment[SocketsVariable] = sockets;
        // Where a launcher finds its workers again after it was killed.
        start.Environment["SKYDRIVER_WORKERS_FOLDER"] = Path.Combine(options.Data, "workers");
        // The services judge what is in the files as well, before they do harm with it.
        start.Environment["SKYDRIVER_COMPONENTS"] = options.Components;
        if (options.MaxWorkers is { } most) start.Environment["SKYDRIVER_MAX_WORKERS"] = most.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new CommandException(ExitCodes.Failed, $"The services cannot be started: {fault.Message}.", fault);
        }
    }

    private static string PrepareData(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string log = Path.Combine(folder, "skydriver.log");
            File.WriteAllText(log, "");
            return log;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Usage, $"--data: '{folder}' cannot be written: {fault.Message} Give a folder of your own.", fault);
        }
    }

    private static int Checked(int port) =>
        FreePort.IsFree(port) ? port : throw CommandException.Usage($"--port: {port} is in use on this machine; give another one, or 0 for any free one.");

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
