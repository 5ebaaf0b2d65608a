namespace SkyDriver.Sidecar.Hosting;

/// <summary>Asks an app for its health again and again (<c>--enable-app-health-check</c>).</summary>
internal sealed class AppHealth(AppChannel channel, AppHealthSettings settings, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs until the app is gone. It counts as unhealthy until its first good answer.</summary>
    /// <param name="onChange">Told each change; the next question waits for it.</param>
    public async Task RunAsync(Func<bool, Task> onChange, CancellationToken gone)
    {
        bool healthy = false;
        int failures = 0;
        try
        {
            while (true)
            {
                failures = await IsHealthyAsync(gone) ? 0 : failures + 1;
                if (failures == 0 && !healthy)
                {
                    healthy = true;
                    await onChange(true);
                }
                else if (failures >= settings.Threshold && healthy)
                {
                    healthy = false;
                    logger.LogWarning("The app is unhealthy: {Failures} failures in a row at {Path}. It gets no messages.", failures, settings.Path);
                    await onChange(false);
                }

                await Task.Delay(settings.Interval, clock, gone);
            }
        }
        catch (OperationCanceledException)
        {
            // The app is gone.
        }
    }

    private async Task<bool> IsHealthyAsync(CancellationToken gone)
    {
        using CancellationTokenSource timer = new(settings.Timeout, clock);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(gone, timer.Token);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(settings.Path, UriKind.Relative));
        try
        {
            using HttpResponseMessage response = await channel.SendNowAsync(request, limit.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || fault is OperationCanceledException && !gone.IsCancellationRequested)
        {
            return false;
        }
    }
}
