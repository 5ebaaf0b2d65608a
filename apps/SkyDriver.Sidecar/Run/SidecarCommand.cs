using System.Runtime.InteropServices;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Run;

/// <summary>A sidecar alone, for an app that somebody else starts: the same options as daprd.</summary>
internal static class SidecarCommand
{
    private const int Usage = 2;

    /// <returns>0 after a stop that was asked for, 1 when a component failed, 2 when options or resources are wrong.</returns>
    public static async Task<int> ExecuteAsync(IReadOnlyList<string> arguments)
    {
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = Stop(PosixSignal.SIGINT, stop), terminate = Stop(PosixSignal.SIGTERM, stop);
        try
        {
            SidecarArguments parsed = SidecarArguments.Parse(arguments, Environment.GetEnvironmentVariable);
            foreach (string name in parsed.Ignored) await Console.Error.WriteLineAsync($"sidecar: --{name} has no meaning here and is ignored");
            // Both take about as long and neither needs the other; a start is short only when it uses more than one core.
            Task<ResourceSet> reading = Task.Run(() => ResourceLoader.Load(parsed.ResourcePaths, parsed.ConfigFiles));
            await using SidecarHost host = SharedHost.CreateHost(dataFolder: null, socketTimeout: null, parsed.Logging);
            RunningInstance running = await host.StartInstanceAsync(parsed.Settings, await reading, stop.Token);
            Console.WriteLine($"sidecar of {parsed.Settings.AppId}: HTTP port {running.HttpPort}, gRPC port {running.GrpcPort}");
            Task first = await Task.WhenAny(Task.Delay(Timeout.Infinite, stop.Token), running.Sidecar.StopAsked, host.Failed);
            if (first != host.Failed)
            {
                // A caller of the API may want an end at once; a signal never does.
                await host.StopInstanceAsync(running, isDead: first == running.Sidecar.StopAsked && await running.Sidecar.StopAsked);
                return 0;
            }

            await Console.Error.WriteLineAsync(await host.Failed);
            return 1;
        }
        catch (Exception refused) when (refused is FormatException or ResourceException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return Usage;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static PosixSignalRegistration Stop(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.Cancel();
    });
}
