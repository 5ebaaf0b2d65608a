using System.Collections.ObjectModel;

namespace Dapr.Actors.Runtime;

/// <summary>One hosted actor type.</summary>
public sealed class ActorRegistration
{
    public ActorRegistration(ActorTypeInformation type) : this(type, null)
    {
    }

    public ActorRegistration(ActorTypeInformation type, ActorRuntimeOptions? options) => (Type, TypeOptions) = (type, options);

    public ActorTypeInformation Type { get; }

    /// <summary>Makes the actors of this type; null takes them from dependency injection.</summary>
    public ActorActivator? Activator { get; set; }

    /// <summary>Settings of this type alone.</summary>
    public ActorRuntimeOptions? TypeOptions { get; }
}

/// <summary>The hosted actor types.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<ActorTypeInformation, ActorRegistration>
{
    public void RegisterActor<TActor>(Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(null!, null!, configure);

    public void RegisterActor<TActor>(ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(null!, typeOptions, configure);

    public void RegisterActor<TActor>(string actorTypeName, Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(actorTypeName, null!, configure);

    /// <exception cref="ArgumentException">The class cannot be an actor, or its type name is taken; the text says why.</exception>
    public void RegisterActor<TActor>(string actorTypeName, ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor
    {
        var registration = new ActorRegistration(ActorTypeInformation.Get(typeof(TActor), actorTypeName), typeOptions);
        configure?.Invoke(registration);
        string name = registration.Type.ActorTypeName;
        if (this.Any(r => r.Type.ActorTypeName == name)) throw new ArgumentException($"An actor type '{name}' is registered already; give one of them another name.");
        Add(registration);
    }

    protected override ActorTypeInformation GetKeyForItem(ActorRegistration item) => item.Type;
}
