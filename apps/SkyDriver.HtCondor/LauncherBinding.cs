using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.HtCondor.Settings;

namespace SkyDriver.HtCondor;

/// <summary>The launcher as an output binding: one per component YAML.</summary>
internal sealed class LauncherBinding(string name, TimeProvider clock, ILogger<Launcher> logger) : IOutputBinding, IDisposable
{
    private Launcher? _launcher;

    public IReadOnlyCollection<string> Operations => LauncherContract.All;

    /// <summary>Said again, as when a sidecar starts anew, the settings replace the old ones; the jobs are the schedds' business.</summary>
    public async Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        try
        {
            Launcher launcher = new(SettingsReader.Read(properties), clock, logger);
            await launcher.CheckToolsAsync(ct);
            // Calls that still run keep the old one.
            _launcher = launcher;
        }
        catch (FormatException fault)
        {
            throw new ComponentException(ComponentFault.InvalidRequest, $"Component '{name}': {fault.Message}", fault);
        }
    }

    public async Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct) => new()
    {
        Data = await new LauncherOperations(_launcher!).InvokeAsync(request.Operation, request.Data, ct),
        ContentType = "application/json",
    };

    public void Dispose() => _launcher?.Dispose();
}
