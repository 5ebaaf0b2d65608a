using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Run;

/// <summary>Runs one app beside a sidecar of its own, or as one more instance on a host that is already there.</summary>
internal static class SingleAppRun
{
    /// <param name="openHost">Makes a host; not called when one is joined.</param>
    /// <returns>The app's exit code; 0 when it ended because it was told to.</returns>
    public static async Task<int> ExecuteAsync(RunArguments arguments, Func<ISidecarHost> openHost, CancellationToken stop)
    {
        int? appPort = AppEnvironment.Resolve(arguments.AppPorts.TryGetValue("", out int port) ? port : null);
        InstanceOptions options = new()
        {
            AppId = arguments.AppId!,
            AppPort = appPort,
            AppProtocol = arguments.AppProtocol,
            AppAddress = arguments.AppAddress,
            AppMaxConcurrency = arguments.AppMaxConcurrency,
            HttpPort = arguments.HttpPort,
            GrpcPort = arguments.GrpcPort,
            ResourcePaths = arguments.ResourcePaths,
            ConfigFile = arguments.ConfigFile,
            SidecarOptions = arguments.SidecarOptions,
            AppToken = Environment.GetEnvironmentVariable("APP_API_TOKEN"),
            ApiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN"),
        };
        string? socket = Environment.GetEnvironmentVariable(AppEnvironment.HostSocket);
        ISidecarHost host = string.IsNullOrEmpty(socket) ? openHost() : new JoinedHost(socket);
        await using IAsyncDisposable? owned = host as IAsyncDisposable;
        await using ISidecarInstance sidecar = await host.AddAsync(options, stop);
        Dictionary<string, string> environment = AppEnvironment.For(options.AppId, appPort, options.AppProtocol, sidecar.Ports);
        foreach ((string name, string value) in arguments.Environment) environment[name] = value;
        await using ChildApp child = ChildApp.Start(options.AppId, arguments.Command, Environment.CurrentDirectory, environment, prefixOutput: false);
        Task asked = Task.Delay(Timeout.Infinite, stop);
        Task lost = (sidecar as JoinedInstance)?.Lost ?? asked;
        Task first = await Task.WhenAny(child.Exited, asked, lost, host.Failed);
        if (first == child.Exited || child.Exited.IsCompleted) return await child.Exited;
        if (first == asked) return 0;
        if (first == host.Failed)
        {
            Console.Error.WriteLine(await host.Failed);
            return 1;
        }

        Console.Error.WriteLine($"run: {options.AppId}: the sidecar host is gone");
        return 1;
    }
}
