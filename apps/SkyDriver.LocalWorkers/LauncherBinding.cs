using SkyDriver.Components;
using SkyDriver.Components.Launchers;

namespace SkyDriver.LocalWorkers;

/// <summary>The launcher as an output binding: one pool of workers per component YAML.</summary>
internal sealed class LauncherBinding(string name, TimeProvider clock, ILogger<WorkerPool> logger) : IOutputBinding, IAsyncDisposable
{
    private WorkerPool? _pool;

    public IReadOnlyCollection<string> Operations => LauncherContract.All;

    /// <summary>Said again, as when a sidecar starts anew, the settings replace the old ones and the workers stay.</summary>
    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        try
        {
            LauncherSettings settings = LauncherSettings.Read(properties);
            if (_pool is { } pool) pool.Settings = settings;
            else _pool = new WorkerPool(settings, WorkerFolder.Open(name), clock, logger);
            return Task.CompletedTask;
        }
        catch (FormatException fault)
        {
            throw new ComponentException(ComponentFault.InvalidRequest, $"Component '{name}': {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ComponentException(ComponentFault.FailedPrecondition, $"Component '{name}': {fault.Message} Give a folder of your own in {WorkerFolder.Variable}.", fault);
        }
    }

    public async Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct) => new()
    {
        Data = await new LauncherOperations(_pool!).InvokeAsync(request.Operation, request.Data, ct),
        ContentType = "application/json",
    };

    // The host takes its services with it, but not what they started.
    public async ValueTask DisposeAsync()
    {
        if (_pool is not { } pool) return;
        await pool.CloseAsync();
        pool.Dispose();
    }
}
