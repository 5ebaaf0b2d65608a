using System.Collections.Immutable;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>The running subscriptions of one app instance.</summary>
internal sealed class AppSubscriptions
{
    private const int HttpConcurrency = 1;
    private const int StreamConcurrency = 10;

    private ImmutableArray<SubscriptionRunner> _runners = [];
    private volatile bool _stopped;

    /// <summary>What the metadata API lists.</summary>
    public IEnumerable<SubscriptionSpec> Specs => _runners.Select(r => r.Spec);

    /// <summary>Starts what the resources declare and what the app asks for; one that cannot be started is logged and left out.</summary>
    public async Task StartAsync(InstanceSidecar sidecar, IEnumerable<SubscriptionSpec> specs)
    {
        ILogger logger = sidecar.Loggers.CreateLogger("dapr.pubsub");
        AppChannel channel = sidecar.Instance.Channel!;
        foreach (SubscriptionSpec spec in specs)
        {
            if (_runners.Any(r => !IsStream(r) && r.Spec.PubSub == spec.PubSub && r.Spec.Topic == spec.Topic))
            {
                logger.LogWarning("App {App} subscribes twice to topic {Topic} of {PubSub}; the first one holds.", sidecar.Instance.AppId, spec.Topic, spec.PubSub);
                continue;
            }

            IDeliveryChannel delivery = spec.Bulk is null ? new HttpDelivery(channel, logger) : new HttpBulkDelivery(channel, spec, logger);
            try
            {
                Add(await RunAsync(sidecar, spec, delivery, HttpConcurrency, sidecar.Instance.Gone));
                logger.LogInformation("App {App} is subscribed to topic {Topic} of {PubSub}.", sidecar.Instance.AppId, spec.Topic, spec.PubSub);
            }
            catch (Exception fault) when (fault is FormatException or DaprFault)
            {
                logger.LogError("App {App} is not subscribed to topic {Topic} of {PubSub}: {Reason}", sidecar.Instance.AppId, spec.Topic, spec.PubSub, fault.Message);
            }
        }
    }

    /// <summary>Runs one more subscription until it is disposed of.</summary>
    /// <param name="ended">What the client had is returned when this fires.</param>
    /// <exception cref="DaprFault">The pub/sub is not there, or the topic not allowed.</exception>
    /// <exception cref="FormatException">The subscription's metadata cannot be read.</exception>
    public async ValueTask<IAsyncDisposable> StartStreamAsync(InstanceSidecar sidecar, SubscriptionSpec spec, IDeliveryChannel delivery, CancellationToken ended)
    {
        SubscriptionRunner runner = await RunAsync(sidecar, spec, delivery, StreamConcurrency, ended);
        Add(runner);
        return new Stream(this, runner);
    }

    /// <summary>Takes no more messages; ends when the app has answered what it has.</summary>
    public Task StopIntakeAsync()
    {
        _stopped = true;
        return Task.WhenAll(_runners.Select(r => r.StopIntakeAsync()));
    }

    /// <summary>Ends the subscriptions at the app's port once it has answered what it has; they may be started again. Streams go on.</summary>
    public Task EndPortAsync() => EndAsync(r => !IsStream(r));

    /// <summary>Ends all subscriptions once the app has answered what it has.</summary>
    public Task EndAsync() => EndAsync(_ => true);

    private async Task EndAsync(Predicate<SubscriptionRunner> isMeant)
    {
        SubscriptionRunner[] ended = [.. _runners.Where(r => isMeant(r))];
        ImmutableInterlocked.Update(ref _runners, static (all, some) => all.RemoveRange(some), ended);
        await Task.WhenAll(ended.Select(r => r.DisposeAsync().AsTask()));
    }

    private static bool IsStream(SubscriptionRunner runner) => runner.Spec.Origin is "STREAMING";

    private static async ValueTask<SubscriptionRunner> RunAsync(InstanceSidecar sidecar, SubscriptionSpec spec, IDeliveryChannel delivery, int concurrency, CancellationToken gone)
    {
        PubSubComponent pubsub = sidecar.Components.PubSub(spec.PubSub);
        if (string.IsNullOrWhiteSpace(spec.Topic)) throw DaprErrors.TopicEmpty(spec.PubSub);
        if (!pubsub.Scopes.MaySubscribe(spec.Topic)) throw DaprErrors.PubSubForbidden(spec.Topic, sidecar.Instance.AppId);
        return await SubscriptionRunner.StartAsync(
            pubsub, spec, delivery, concurrency, sidecar.Resources.Policies.Inbound(ComponentKind.Pubsub, spec.PubSub), gone, sidecar.Clock,
            sidecar.Loggers.CreateLogger("dapr.pubsub"));
    }

    private void Add(SubscriptionRunner runner)
    {
        ImmutableInterlocked.Update(ref _runners, static (all, one) => all.Add(one), runner);
        if (_stopped) _ = runner.StopIntakeAsync();
    }

    private sealed class Stream(AppSubscriptions all, SubscriptionRunner runner) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            ImmutableInterlocked.Update(ref all._runners, static (runners, one) => runners.Remove(one), runner);
            await runner.DisposeAsync();
        }
    }
}
