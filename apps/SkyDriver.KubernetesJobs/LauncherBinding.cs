using k8s.Exceptions;
using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Operations;
using SkyDriver.KubernetesJobs.Settings;

namespace SkyDriver.KubernetesJobs;

/// <summary>The launcher as an output binding: one set of Jobs per component YAML. It keeps nothing of its own; Kubernetes knows it all.</summary>
internal sealed class LauncherBinding(string name, TimeProvider clock, ILogger<JobLauncher> logger) : IOutputBinding, IAsyncDisposable
{
    private JobLauncher? _launcher;

    public IReadOnlyCollection<string> Operations => LauncherContract.All;

    /// <summary>Said again, as when a sidecar starts anew, the settings replace the old ones and the Jobs stay.</summary>
    public async Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        try
        {
            LauncherSettings settings = SettingsReader.Read(name, properties);
            if (_launcher?.TryChange(settings) is true) return;
            JobLauncher? before = _launcher;
            _launcher = JobLauncher.Open(settings, clock, logger);
            if (before is not null) await before.DisposeAsync();
        }
        catch (Exception fault) when (fault is FormatException or KubeConfigException)
        {
            throw new ComponentException(ComponentFault.InvalidRequest, $"Component '{name}': {fault.Message}", fault);
        }
    }

    public async Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct) => new()
    {
        Data = await new LauncherOperations(_launcher!).InvokeAsync(request.Operation, request.Data, ct),
        ContentType = "application/json",
    };

    public async ValueTask DisposeAsync()
    {
        if (_launcher is not null) await _launcher.DisposeAsync();
    }
}
