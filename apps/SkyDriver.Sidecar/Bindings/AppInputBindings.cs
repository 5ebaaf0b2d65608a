using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>The running input bindings of one app instance.</summary>
internal sealed class AppInputBindings
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private CancellationTokenSource _reading = new();
    private List<Task> _readers = [];
    private bool _stopped;

    /// <summary>Asks the app which bindings it wants, where the components do not say, and reads those.</summary>
    public async Task StartAsync(InstanceSidecar sidecar)
    {
        AppChannel channel = sidecar.Instance.Channel!;
        ILogger logger = sidecar.Loggers.CreateLogger("dapr.bindings");
        CancellationToken gone = sidecar.Instance.Gone;
        InputComponent[] inputs = [.. sidecar.Components.Inputs.Values.Where(input => input.Binding.IsServed)];
        bool[] wanted = await Task.WhenAll(inputs.Select(input => IsWantedAsync(input, channel, logger, gone)));
        lock (_gate)
        {
            if (_stopped) return;
            _readers.AddRange(inputs.Where((_, i) => wanted[i]).Select(input =>
                ReadAsync(input, new InputDelivery(channel, input, sidecar.Resources.Policies.Inbound(ComponentKind.Binding, input.Name), logger, gone), sidecar.Clock, logger, _reading.Token)));
        }
    }

    /// <summary>Takes no more events; ends when the app has answered what it has.</summary>
    public Task StopIntakeAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            _reading.Cancel();
            return Task.WhenAll(_readers);
        }
    }

    /// <summary>Ends all readers once the app has answered what it has; they may be started again.</summary>
    public async Task EndAsync()
    {
        List<Task> ended;
        lock (_gate)
        {
            _reading.Cancel();
            ended = _readers;
            (_reading, _readers) = (new CancellationTokenSource(), []);
        }

        await Task.WhenAll(ended);
    }

    private static async Task<bool> IsWantedAsync(InputComponent input, AppChannel channel, ILogger logger, CancellationToken gone)
    {
        if (input.IsAsked) return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(ProbeLimit);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Options, new Uri(input.Route, UriKind.Relative));
            using HttpResponseMessage response = await channel.SendAsync(request, limit.Token);
            bool wanted = (int)response.StatusCode is >= 200 and <= 299 or 405;
            if (!wanted) logger.LogInformation("The app does not want the events of {Name}: OPTIONS /{Route} answered {Status}.", input.Name, input.Route, (int)response.StatusCode);
            return wanted;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            if (!gone.IsCancellationRequested) logger.LogWarning("The app gets no events of {Name}: OPTIONS /{Route} failed: {Reason}", input.Name, input.Route, fault.Message);
            return false;
        }
    }

    private static async Task ReadAsync(InputComponent input, InputDelivery delivery, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        await Task.Yield();
        TimeSpan pause = FirstPause;
        logger.LogInformation("The app gets the events of {Name} at /{Route}.", input.Name, input.Route);
        while (!ct.IsCancellationRequested)
        {
            long start = clock.GetTimestamp();
            try
            {
                await input.Binding.ReadAsync(delivery.SendAsync, ct);
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                if (clock.GetElapsedTime(start) > LongestPause) pause = FirstPause;
                logger.LogWarning("The input binding {Name} broke and is read again in {Seconds} s: {Reason}", input.Name, pause.TotalSeconds, fault.Message);
            }

            await Task.Delay(pause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
