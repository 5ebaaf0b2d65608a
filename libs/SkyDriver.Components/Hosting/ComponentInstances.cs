using System.Collections.Concurrent;
using Grpc.Core;

namespace SkyDriver.Components.Hosting;

/// <summary>The objects of one registered component, one per component YAML.</summary>
internal sealed class ComponentInstances(Func<ComponentContext, IComponent> create, IServiceProvider services)
{
    private readonly ConcurrentDictionary<string, Instance> _instances = new(StringComparer.Ordinal);

    /// <summary>Sets an instance up; one that fails the first time is not kept.</summary>
    public async Task InitAsync(string name, IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        Instance instance = _instances.GetOrAdd(name, static _ => new Instance());
        await instance.Turn.WaitAsync(ct);
        try
        {
            IComponent component = instance.Component ?? create(new ComponentContext(name, services));
            try
            {
                await component.InitAsync(properties, ct);
            }
            catch when (instance.Component is null)
            {
                await DisposeAsync(component);
                throw;
            }

            instance.Component = component;
        }
        finally
        {
            instance.Turn.Release();
        }
    }

    /// <exception cref="RpcException">Init did not succeed for that name.</exception>
    public IComponent Find(string name) => Known(name)
        ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Component '{name}' was not initialised."));

    /// <summary>Null before the first Init that succeeded.</summary>
    public IComponent? Known(string name) => _instances.TryGetValue(name, out Instance? instance) ? instance.Component : null;

    /// <summary>Disposes of all objects, also when some fail at it.</summary>
    public Task CloseAsync() => Task.WhenAll(_instances.Values.Select(i => i.Component).OfType<IComponent>().Select(component => DisposeAsync(component).AsTask()));

    private static async ValueTask DisposeAsync(IComponent component)
    {
        if (component is IAsyncDisposable async) await async.DisposeAsync();
        else (component as IDisposable)?.Dispose();
    }

    private sealed class Instance
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public volatile IComponent? Component;
    }
}
