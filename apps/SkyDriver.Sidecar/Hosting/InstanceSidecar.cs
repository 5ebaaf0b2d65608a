using System.Collections.Concurrent;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The sidecar of one app instance: what its API endpoints work on.</summary>
internal sealed class InstanceSidecar(AppInstance instance, AppComponents components, ResourceView resources, InstanceSettings settings, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly TaskCompletionSource _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppInstance Instance { get; } = instance;

    public AppComponents Components { get; } = components;

    public ResourceView Resources { get; } = resources;

    public InstanceSettings Settings { get; } = settings;

    public TimeProvider Clock { get; } = clock;

    public ILoggerFactory Loggers { get; } = loggers;

    /// <summary>Components and API are up, whether or not the app is.</summary>
    public bool IsOutboundReady { get; set; }

    /// <summary>The app listens too, and gets its messages.</summary>
    public bool IsReady { get; set; }

    /// <summary>Free attributes of the metadata API.</summary>
    public ConcurrentDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    public AppSubscriptions Subscriptions { get; } = new();

    /// <summary>Ends when a caller of the API has asked this sidecar to stop.</summary>
    public Task StopAsked => _stopAsked.Task;

    public void AskToStop() => _stopAsked.TrySetResult();
}

/// <summary>The resources that one app id sees, but for components; its replicas share it.</summary>
internal sealed record ResourceView(IReadOnlyList<SubscriptionSpec> Subscriptions, ResiliencyPolicies Policies, ConfigurationSpec Configuration)
{
    public IReadOnlyList<SecretScope> SecretScopes => Configuration.SecretScopes;

    public static ResourceView Of(ResourceSet resources, string appId, TimeProvider clock) => new(
        [.. resources.Subscriptions.Where(s => s.IsFor(appId)).Select(s => s.Spec)],
        new([.. resources.Resiliency.Where(r => r.IsFor(appId))], clock),
        ConfigurationSpec.Of(resources.Configurations));
}

internal static class SidecarFeature
{
    /// <summary>The sidecar that received this request.</summary>
    public static InstanceSidecar Sidecar(this HttpContext context) => context.Features.Get<InstanceSidecar>()!;
}
