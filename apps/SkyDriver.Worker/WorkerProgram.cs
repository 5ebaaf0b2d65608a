using System.Runtime.InteropServices;
using SkyDriver.Hosting;
using SkyDriver.Worker.Agent;

namespace SkyDriver.Worker;

/// <summary>The worker's program: one scan and no more, as it always was; or a member of the fleet, which serves one batch after the other.</summary>
internal static partial class WorkerProgram
{
    /// <summary>Exit code of a worker whose work fails whatever it is given: the fault is most likely this machine's.</summary>
    public const int Quarantined = 8;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        WebApplicationBuilder builder;
        try
        {
            builder = SkyDriverHost.CreateBuilder(args);
            Settings settings = new(builder.Configuration);
            AgentOptions? options = AgentOptions.Read(settings);
            settings.ThrowIfFaulty();
            if (options is null) return await SkyDriverHost.RunAsync(args, scan => scan.AddWorker(), app => app.MapWorker());
            builder.AddAgent(options);
        }
        catch (SettingsException settings)
        {
            await Console.Error.WriteLineAsync(settings.Message);
            return 2;
        }

        // Never started: it holds what outlives the hosts of single scans.
        await using WebApplication services = builder.Build();
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End), interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        return await ServeAsync(args, services.Services, stop);

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> ServeAsync(string[] args, IServiceProvider services, CancellationTokenSource stop)
    {
        FleetAgent agent = services.GetRequiredService<FleetAgent>();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        Task beats = agent.RunAsync(end.Token);
        int code = 0;
        try
        {
            Task<int> serve = ServeBatchesAsync(args, services, agent, end.Token);
            // Heartbeats end by cancellation only, or by a fault that no next one would mend.
            await await Task.WhenAny(serve, beats);
            code = await serve;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }

        await end.CancelAsync();
        await Task.WhenAny(beats);
        await agent.StopAsync();
        if (agent.IsToRestart && code == 0 && !stop.IsCancellationRequested) Reexecute();
        return code;
    }

    /// <summary>One batch after the other, until told to stop, to start anew, or until there is nothing to be had for too long.</summary>
    private static async Task<int> ServeBatchesAsync(string[] args, IServiceProvider services, FleetAgent agent, CancellationToken stop)
    {
        AgentOptions options = services.GetRequiredService<AgentOptions>();
        ScanProbe probe = services.GetRequiredService<ScanProbe>();
        bool isFirst = true;
        while (true)
        {
            string batch = agent.Batch;
            if (!(options.IsPlain && isFirst) && await probe.AskAsync(batch, stop) is BatchKind.Scan)
            {
                int code = await ScanLife.RunAsync(args, batch, isFirst, agent, services.GetRequiredService<FailureCount>(), services.GetRequiredService<WorkerToken>());
                stop.ThrowIfCancellationRequested();
                if (code != 0) return code;
            }

            isFirst = false;
            if (await WaitAsync(batch, agent, options, services.GetRequiredService<TimeProvider>(), stop) is { } ended) return ended;
        }
    }

    /// <summary>Waits for another batch; meanwhile there are tasks, or nothing.</summary>
    /// <returns>An exit code; null to go on.</returns>
    private static async Task<int?> WaitAsync(string batch, FleetAgent agent, AgentOptions options, TimeProvider clock, CancellationToken stop)
    {
        bool wasQuarantined = false;
        long idle = clock.GetTimestamp();
        while (true)
        {
            Task changed = agent.Changed;
            if (agent.IsToRestart && agent.IsIdle) return 0;
            if (agent.Quarantine is not null)
            {
                // A launcher's worker makes room for another one, somewhere else.
                if (options.LauncherId is not null && agent.IsIdle) return Quarantined;
                wasQuarantined = true;
            }
            else if (agent.Batch != batch || wasQuarantined)
            {
                return null;
            }

            if (!agent.IsIdle) idle = clock.GetTimestamp();
            if (options.LauncherId is not null && clock.GetElapsedTime(idle) > options.IdleAtMost) return 0;
            await Task.WhenAny(changed, Task.Delay(Look, clock, stop)).Unwrap();
        }
    }

    /// <summary>Starts this program anew in the same process, so that whoever started it sees no end.</summary>
    private static void Reexecute()
    {
        string[] command = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        _ = Execute("/proc/self/exe", [.. command, null]);
    }

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string program, string?[] arguments);
}
