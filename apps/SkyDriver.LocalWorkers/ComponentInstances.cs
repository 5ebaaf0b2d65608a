using System.Collections.Concurrent;
using Grpc.Core;

namespace SkyDriver.LocalWorkers;

/// <summary>One pool of workers per component YAML.</summary>
internal sealed class ComponentInstances(TimeProvider clock, ILogger<WorkerPool> logger)
{
    private readonly ConcurrentDictionary<string, WorkerPool> _pools = new();

    /// <summary>Settings of a component. Said again, as when a sidecar starts anew, they replace the old ones and the workers stay.</summary>
    public void Configure(string name, IEnumerable<KeyValuePair<string, string>> properties)
    {
        LauncherSettings settings;
        try
        {
            settings = LauncherSettings.Read(properties);
        }
        catch (FormatException fault)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Component '{name}': {fault.Message}"));
        }

        _pools.AddOrUpdate(name, _ => new WorkerPool(settings, clock, logger), (_, pool) =>
        {
            pool.Settings = settings;
            return pool;
        });
    }

    public WorkerPool Find(string name) => _pools.TryGetValue(name, out WorkerPool? pool) ? pool
        : throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Component '{name}' was not initialised."));

    public Task CloseAsync() => Task.WhenAll(_pools.Values.Select(pool => pool.CloseAsync()));
}
