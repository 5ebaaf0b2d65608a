namespace SkyDriver.Sidecar.Hosting;

/// <summary>One running process of an app, as its sidecar sees it. Replicas share the app id.</summary>
internal sealed class AppInstance : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private volatile bool _isHealthy = true;

    public AppInstance(AppGroup app, string instanceId, AppChannel? channel)
    {
        (App, InstanceId, Channel) = (app, instanceId, channel);
        Gone = _gone.Token;
    }

    /// <summary>The app id's part that all its replicas share.</summary>
    public AppGroup App { get; }

    public string AppId => App.AppId;

    public string Namespace => App.Namespace;

    /// <summary>Unique among all instances of the host, and never used again.</summary>
    public string InstanceId { get; }

    /// <summary>The way to the app's own port; null when it has none.</summary>
    public AppChannel? Channel { get; }

    /// <summary>Whether the app may be called now. Always so unless its health is asked for; then not before its first good answer.</summary>
    public bool IsHealthy => _isHealthy;

    /// <summary>Raised, one at a time, after <see cref="IsHealthy"/> has changed. Handlers must be quick and throw nothing.</summary>
    public event Action<AppInstance>? HealthChanged;

    /// <summary>Whether the app is asked, at <c>/dapr/config</c>, for the actors that it hosts.</summary>
    public bool AsksForConfig { get; init; } = true;

    /// <summary>Fires when the instance leaves: nothing may be sent to it from then on.</summary>
    public CancellationToken Gone { get; }

    /// <summary>Tells those who watch. For the one who asks the app.</summary>
    internal void SetHealth(bool isHealthy)
    {
        if (_isHealthy == isHealthy) return;
        _isHealthy = isHealthy;
        HealthChanged?.Invoke(this);
    }

    /// <summary>Marks the instance as gone; idempotent.</summary>
    public void Leave() => _gone.Cancel();

    public void Dispose()
    {
        _gone.Cancel();
        Channel?.Dispose();
    }
}
