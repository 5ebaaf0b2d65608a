namespace SkyDriver.Sidecar.Hosting;

/// <summary>Asks an app for its health again and again (<c>--enable-app-health-check</c>).</summary>
internal sealed class AppHealth(AppChannel channel, AppHealthSettings settings, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs until the app is gone. It counts as unhealthy until its first good answer.</summary>
    /// <param name="onHealthy">Messages may flow.</param>
    /// <param name="onUnhealthy">Messages must stop.</param>
    public async Task RunAsync(Func<Task> onHealthy, Func<Task> onUnhealthy, CancellationToken gone)
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
                    await onHealthy();
                }
                else if (failures >= settings.Threshold && healthy)
                {
                    healthy = false;
                    logger.LogWarning("The app is unhealthy: {Failures} failures in a row at {Path}. It gets no messages.", failures, settings.Path);
                    await onUnhealthy();
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
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(settings.Timeout);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(settings.Path, UriKind.Relative));
        try
        {
            using HttpResponseMessage response = await channel.SendAsync(request, limit.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || fault is OperationCanceledException && !gone.IsCancellationRequested)
        {
            return false;
        }
    }
}
