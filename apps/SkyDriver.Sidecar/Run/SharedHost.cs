using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Run;

/// <summary>What the host logs, and how.</summary>
internal sealed record HostLogging(LogLevel Level, bool Json)
{
    public static HostLogging Default { get; } = new(LogLevel.Warning, false);
}

/// <summary>The host of this process, as runs use it.</summary>
internal sealed class SharedHost : ISidecarHost, IAsyncDisposable
{
    // A pluggable component may be an app of the same run, which needs longer to start on a busy machine than a component to initialise.
    private static readonly TimeSpan RunSocketTimeout = TimeSpan.FromSeconds(60);

    private readonly SidecarHost _host;
    private IReadOnlyList<string>? _usualFolders;

    private SharedHost(SidecarHost host) => _host = host;

    public Task<string> Failed => _host.Failed;

    /// <param name="dataFolder">Relative files of components start here; null for the working folder.</param>
    public static SharedHost Open(string? dataFolder) => new(CreateHost(dataFolder, RunSocketTimeout, HostLogging.Default));

    /// <param name="socketTimeout">How long the socket of a pluggable component may take to appear; null = the component's own limit.</param>
    public static SidecarHost CreateHost(string? dataFolder, TimeSpan? socketTimeout, HostLogging logging)
    {
        // Calls of the API are logged only where that was asked for, and then whatever the level is.
        LoggerFilterOptions filter = new() { MinLevel = logging.Level };
        filter.Rules.Add(new LoggerFilterRule(null, "dapr.api", (LogLevel)Math.Min((int)logging.Level, (int)LogLevel.Information), null));
        ILoggerFactory loggers = new LoggerFactory([new ConsoleLines(Console.Out, logging.Json, TimeProvider.System)], filter);
        string sockets = Environment.GetEnvironmentVariable("DAPR_COMPONENTS_SOCKETS_FOLDER") is { Length: > 0 } folder ? folder : "/tmp/dapr-components-sockets";
        return new SidecarHost(new ComponentEnvironment(dataFolder ?? Environment.CurrentDirectory, sockets, socketTimeout, TimeProvider.System, loggers), SidecarModules.All);
    }

    public async Task<ISidecarInstance> AddAsync(InstanceOptions options, CancellationToken ct)
    {
        // A replica that joins later names no folders: it sees what the apps of this run see.
        IReadOnlyList<string> folders = options.ResourcePaths.Count > 0 ? options.ResourcePaths : _usualFolders ?? [];
        _usualFolders ??= folders;
        InstanceSettings settings = SidecarArguments.Parse(["--app-id", options.AppId, .. options.SidecarOptions], Environment.GetEnvironmentVariable).Settings with
        {
            AppPort = options.AppPort ?? 0,
            AppProtocol = options.AppProtocol,
            AppChannelAddress = options.AppAddress,
            AppMaxConcurrency = options.AppMaxConcurrency,
            HttpPort = options.HttpPort,
            GrpcPort = options.GrpcPort,
            ApiToken = options.ApiToken,
            AppToken = options.AppToken,
        };
        ResourceSet resources = ResourceLoader.Load(folders, options.ConfigFile is { } config ? [config] : []);
        return new Instance(_host, await _host.StartInstanceAsync(settings, resources, ct));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private sealed class Instance : ISidecarInstance
    {
        private readonly SidecarHost _host;
        private readonly RunningInstance _running;

        public Instance(SidecarHost host, RunningInstance running)
        {
            (_host, _running) = (host, running);
            Ports = new(running.HttpPort, running.GrpcPort);
            _ = StopWhenAskedAsync();
        }

        public InstancePorts Ports { get; }

        // The app has ended by now, or its end was seen: nothing is waited for, and what it held goes to others at once.
        public async ValueTask DisposeAsync()
        {
            await _host.StopInstanceAsync(_running, isDead: true);
            _running.Sidecar.AskToStop();   // Ends the wait below, which finds nothing left to stop.
        }

        private async Task StopWhenAskedAsync()
        {
            bool atOnce = await _running.Sidecar.StopAsked;
            await _host.StopInstanceAsync(_running, atOnce);
        }
    }
}
