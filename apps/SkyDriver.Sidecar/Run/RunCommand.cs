using System.Runtime.InteropServices;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Run;

/// <summary><c>run</c>: apps and their sidecars, as <c>dapr run</c> starts them.</summary>
internal static class RunCommand
{
    private const int Usage = 2;

    /// <param name="arguments">What follows <c>run</c>.</param>
    /// <param name="openHost">Makes the host; given the data folder, or null for the working folder.</param>
    public static async Task<int> ExecuteAsync(IReadOnlyList<string> arguments, Func<string?, ISidecarHost> openHost)
    {
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = Stop(PosixSignal.SIGINT, stop), terminate = Stop(PosixSignal.SIGTERM, stop), hangUp = Stop(PosixSignal.SIGHUP, stop);
        try
        {
            RunArguments parsed = RunArguments.Parse(arguments);
            if (parsed.UntilInputEnds) StopAtEndOfInput(stop);
            if (parsed.TemplateFile is null) return await SingleAppRun.ExecuteAsync(parsed, () => openHost(parsed.DataFolder), stop.Token);
            ISidecarHost host = openHost(parsed.DataFolder);
            await using (host as IAsyncDisposable)
            {
                return await new MultiAppRun(host, parsed).ExecuteAsync(stop.Token);
            }
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

    private static void StopAtEndOfInput(CancellationTokenSource stop)
    {
        Thread reader = new(() =>
        {
            while (Console.In.Read() >= 0)
            {
                // What is typed means nothing here.
            }

            stop.Cancel();
        })
        { IsBackground = true, Name = "stdin" };
        reader.Start();
    }
}
