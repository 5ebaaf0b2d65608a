using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Run;

/// <summary>Runs all apps of a file on one host, until told to stop or until one of them ends.</summary>
internal sealed class MultiAppRun(ISidecarHost host, RunArguments arguments)
{
    /// <returns>0 after a stop that was asked for; 1 when an app ended by itself or a component failed.</returns>
    /// <exception cref="Resources.ResourceException">The file is wrong.</exception>
    public async Task<int> ExecuteAsync(CancellationToken stop)
    {
        IReadOnlyList<RunApp> apps = RunTemplate.Read(arguments.TemplateFile!);
        string[] unknown = [.. arguments.AppPorts.Keys.Except(apps.Select(a => a.AppId))];
        if (unknown.Length > 0) throw new FormatException($"run: --app-port names no app of the file: {string.Join(", ", unknown)}");
        await using JoinListener joins = JoinListener.Start(host);
        RunningApp[] running = [.. apps.Select(_ => new RunningApp())];
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            // All at once: a sidecar may wait for a component that another app of the file provides.
            Task[] starts = [.. apps.Select((app, i) => StartAsync(app, running[i], joins.Path, ending.Token))];
            foreach (Task start in starts) _ = start.ContinueWith(_ => ending.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            await Task.WhenAll(starts);
            return await WatchAsync(running, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            // Apps first, all at once, while their sidecars still serve; then the sidecars.
            foreach (RunningApp app in running) app.Process?.AskToStop();
            await Task.WhenAll(running.Select(app => app.Process?.DisposeAsync().AsTask() ?? Task.CompletedTask));
            await Task.WhenAll(running.Select(app => app.Sidecar?.DisposeAsync().AsTask() ?? Task.CompletedTask));
        }
    }

    private async Task StartAsync(RunApp app, RunningApp running, string joinSocket, CancellationToken ct)
    {
        int? appPort = AppEnvironment.Resolve(arguments.AppPorts.TryGetValue(app.AppId, out int forced) ? forced : app.AppPort);
        running.Sidecar = await host.AddAsync(
            new InstanceOptions
            {
                AppId = app.AppId,
                AppPort = appPort,
                AppProtocol = app.AppProtocol,
                AppAddress = app.AppAddress,
                AppMaxConcurrency = app.AppMaxConcurrency,
                HttpPort = app.HttpPort,
                GrpcPort = app.GrpcPort,
                ResourcePaths = arguments.ResourcePaths.Count > 0 ? arguments.ResourcePaths : app.ResourcePaths,
                ConfigFile = arguments.ConfigFile ?? app.ConfigFile,
                SidecarOptions = app.SidecarOptions,
                AppToken = Environment.GetEnvironmentVariable("APP_API_TOKEN"),
                ApiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN"),
            },
            ct);
        Dictionary<string, string> environment = new(app.Environment);
        foreach ((string name, string value) in AppEnvironment.For(app.AppId, appPort, app.AppProtocol, running.Sidecar.Ports)) environment[name] = value;
        foreach ((string name, string value) in arguments.Environment) environment[name] = value;
        environment[AppEnvironment.HostSocket] = joinSocket;
        ct.ThrowIfCancellationRequested();
        running.Process = ChildApp.Start(app.AppId, app.Command, app.Folder, environment, prefixOutput: true);
    }

    private async Task<int> WatchAsync(RunningApp[] running, CancellationToken stop)
    {
        Task asked = Task.Delay(Timeout.Infinite, stop);
        (Task<int> Exit, string AppId)[] exits = [.. running.Select(app => (app.Process!.Exited, app.Process.AppId))];
        Task first = await Task.WhenAny([asked, host.Failed, .. exits.Select(e => e.Exit)]);
        if (first == asked) return 0;
        if (first == host.Failed)
        {
            Console.Error.WriteLine(await host.Failed);
            return 1;
        }

        (Task<int> exit, string appId) = exits.First(e => e.Exit == first);
        Console.Error.WriteLine($"run: {appId} ended by itself with exit code {await exit}; stopping the others");
        return 1;
    }

    private sealed class RunningApp
    {
        public ISidecarInstance? Sidecar { get; set; }

        public ChildApp? Process { get; set; }
    }
}
