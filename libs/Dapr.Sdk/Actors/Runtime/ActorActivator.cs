using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Actors.Runtime;

/// <summary>Makes the actors of one type, and disposes them. Derive from it to make actors in a way of your own.</summary>
public abstract class ActorActivator
{
    /// <summary>Makes an actor; the runtime calls its <c>OnActivateAsync</c>.</summary>
    public abstract Task<ActorActivatorState> CreateAsync(ActorHost host);

    /// <summary>Disposes what <see cref="CreateAsync"/> made; the actor has been deactivated, or could not be activated.</summary>
    public abstract Task DeleteAsync(ActorActivatorState state);
}

/// <summary>An actor, with what its activator needs to dispose it.</summary>
public class ActorActivatorState(Actor actor)
{
    public Actor Actor { get; } = actor;
}

/// <summary>Chooses the activator of each actor type that names none itself. Register one to replace dependency injection.</summary>
public abstract class ActorActivatorFactory
{
    public abstract ActorActivator CreateActivator(ActorTypeInformation type);
}

/// <summary>Actors from dependency injection, each in a scope that lives as long as the actor is active.</summary>
internal sealed class InjectedActorActivatorFactory(IServiceProvider services) : ActorActivatorFactory
{
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new InjectedActorActivator(services, type.ImplementationType);
}

internal sealed class InjectedActorActivator(IServiceProvider services, Type implementation) : ActorActivator
{
    private readonly Lazy<ObjectFactory> _factory = new(() => ActivatorUtilities.CreateFactory(implementation, [typeof(ActorHost)]));

    public override async Task<ActorActivatorState> CreateAsync(ActorHost host)
    {
        var scope = services.CreateAsyncScope();
        try
        {
            return new ScopedActor((Actor)_factory.Value(scope.ServiceProvider, [host]), scope);
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }
    }

    public override async Task DeleteAsync(ActorActivatorState state)
    {
        if (state.Actor is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
        else (state.Actor as IDisposable)?.Dispose();
        if (state is ScopedActor scoped) await scoped.Scope.DisposeAsync();
    }

    private sealed class ScopedActor(Actor actor, AsyncServiceScope scope) : ActorActivatorState(actor)
    {
        public AsyncServiceScope Scope => scope;
    }
}
