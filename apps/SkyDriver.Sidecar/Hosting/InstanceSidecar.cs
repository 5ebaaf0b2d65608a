using System.Collections.Concurrent;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The sidecar of one app instance: what its API endpoints work on.</summary>
internal sealed class InstanceSidecar(AppInstance instance, AppComponents components, ResourceView resources, InstanceSettings settings, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly TaskCompletionSource<bool> _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppInstance Instance { get; } = instance;

    public AppComponents Components { get; } = components;

    public ResourceView Resources { get; } = resources;

    public InstanceSettings Settings { get; } = settings;

    /// <summary>Null when the whole API is open.</summary>
    public ApiRules? Rules { get; } = ApiRules.Of(resources.Configuration);

    /// <summary>Calls of the API are logged.</summary>
    public bool LogsApi { get; } = settings.ApiLogging || resources.Configuration.ApiLogging.Enabled;

    public TimeProvider Clock { get; } = clock;

    public ILoggerFactory Loggers { get; } = loggers;

    /// <summary>Components and API are up, whether or not the app is.</summary>
    public bool IsOutboundReady { get; set; }

    /// <summary>The app listens too, and gets its messages.</summary>
    public bool IsReady { get; set; }

    /// <summary>Free attributes of the metadata API.</summary>
    public ConcurrentDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    public AppSubscriptions Subscriptions { get; } = new();

    public AppInputBindings Inputs { get; } = new();

    /// <summary>Ends when a caller of the API has asked this sidecar to stop; true when nothing is to be waited for.</summary>
    public Task<bool> StopAsked => _stopAsked.Task;

    /// <param name="atOnce">What is at the app is not waited for.</param>
    public void AskToStop(bool atOnce = false) => _stopAsked.TrySetResult(atOnce);
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
