using System.Diagnostics;
using System.Globalization;
using System.Net;
using Dapr.Client;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Benchmarks.Rest;

/// <summary>The services of this machine as <c>skydriver up</c> runs them, with a way into their store.</summary>
internal sealed class RestService : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("rest-bench-").FullName;
    private readonly Process _process;
    private volatile string _last = "";

    private RestService(string root)
    {
        int rest = FreePort.Take(), state = FreePort.Take();
        Address = new($"http://127.0.0.1:{rest}");
        string template = Path.Combine(_folder, "dapr.yaml");
        File.WriteAllText(template, Template(root, rest, state));
        _process = Process.Start(new ProcessStartInfo("dotnet", [Program(root, "Sidecar", "skydriver-sidecar"), "run", "-f", template, "--data-dir", _folder])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DAPR_COMPONENTS_SOCKETS_FOLDER"] = _folder },
        })!;
        _process.OutputDataReceived += (_, line) => _last = line.Data ?? _last;
        _process.ErrorDataReceived += (_, line) => _last = line.Data ?? _last;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Store = new DaprClientBuilder().UseGrpcEndpoint($"http://127.0.0.1:{state}").Build();
    }

    public Uri Address { get; }

    /// <summary>The store of the services.</summary>
    public DaprClient Store { get; }

    /// <exception cref="TimeoutException">The services are not ready in time.</exception>
    public static async Task<RestService> StartAsync(string root)
    {
        RestService service = new(root);
        using HttpClient http = new() { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(5) };
        using CancellationTokenSource deadline = new(Patience);
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(100));
        while (!await IsReadyAsync(http))
        {
            if (service._process.HasExited || !await look.WaitForNextTickAsync(deadline.Token)) throw new TimeoutException($"The services did not start: {service._last}");
        }

        return service;
    }

    /// <summary>Bytes in memory of the REST service's process: now, and at most since its start.</summary>
    public (long Now, long Peak) Memory()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(f => Path.GetFileName(f).All(char.IsAsciiDigit)))
        {
            try
            {
                if (!File.ReadAllText(Path.Combine(folder, "cmdline")).Contains("skydriver-api.dll", StringComparison.Ordinal)) continue;
                if (!File.ReadAllText(Path.Combine(folder, "environ")).Contains($"APP_PORT={Address.Port}", StringComparison.Ordinal)) continue;
                Dictionary<string, string> status = File.ReadLines(Path.Combine(folder, "status")).Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim());
                return (Kilobytes(status["VmRSS"]), Kilobytes(status["VmHWM"]));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or somebody else's.
            }
        }

        throw new InvalidOperationException("The process of the REST service is not there.");
    }

    /// <summary>Processor time so far and bytes in memory of one of the programs, such as <c>skydriver-api</c>.</summary>
    public (TimeSpan Processor, long Memory) Usage(string program)
    {
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    string folder = $"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}";
                    if (!File.ReadAllText(Path.Combine(folder, "cmdline")).Contains($"{program}.dll", StringComparison.Ordinal)) continue;
                    bool isOurs = process.Id == _process.Id || File.ReadAllText(Path.Combine(folder, "environ")).Contains($"SKYDRIVER_API=http://127.0.0.1:{Address.Port}", StringComparison.Ordinal);
                    if (isOurs) return (process.TotalProcessorTime, process.WorkingSet64);
                }
                catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or InvalidOperationException)
                {
                    // Ended meanwhile, or somebody else's.
                }
            }
        }

        throw new InvalidOperationException($"There is no process of {program}.");
    }

    public void Dispose()
    {
        Store.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit(Patience);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            return (await http.GetAsync("/healthz/ready")).StatusCode is HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static long Kilobytes(string text) => long.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) << 10;

    private static string Program(string root, string project, string name) => Path.Combine(root, "artifacts", "bin", $"SkyDriver.{project}", "release", $"{name}.dll");

    // Scanners are elsewhere, so that what is measured has the machine for itself.
    private static string Template(string root, int rest, int state) => $"""
        version: 1
        common:
          resourcesPaths: ["{Path.Combine(root, "components", "local")}"]
          env:
            SKYDRIVER_API: http://127.0.0.1:{rest}
            SKYDRIVER_ENGINE: external
        apps:
          - appID: skydriver-local-workers
            appDirPath: {root}
            command: ["dotnet", "{Program(root, "LocalWorkers", "skydriver-local-workers")}"]
          - appID: skydriver-orchestrator
            appDirPath: {root}
            appPort: {FreePort.Take()}
            command: ["dotnet", "{Program(root, "Orchestrator", "skydriver-orchestrator")}"]
            env:
              SKYDRIVER_LAUNCH_INTERVAL: 0s
              SKYDRIVER_MAX_CONCURRENT_SCANS: "1000"
          - appID: skydriver-api
            appDirPath: {root}
            appPort: {rest}
            daprGRPCPort: {state}
            command: ["dotnet", "{Program(root, "Api", "skydriver-api")}"]
        """;
}
