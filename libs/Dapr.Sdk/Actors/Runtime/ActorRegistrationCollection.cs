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

    /// <summary>Settings of this type alone.</summary>
    public ActorRuntimeOptions? TypeOptions { get; }
}

/// <summary>The hosted actor types, by type name.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<string, ActorRegistration>
{
    public void RegisterActor<TActor>(Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(null!, null!, configure);

    public void RegisterActor<TActor>(ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(null!, typeOptions, configure);

    public void RegisterActor<TActor>(string actorTypeName, Action<ActorRegistration>? configure = null)
        where TActor : Actor => RegisterActor<TActor>(actorTypeName, null!, configure);

    /// <exception cref="ArgumentException">The class cannot be an actor; the text says why.</exception>
    public void RegisterActor<TActor>(string actorTypeName, ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor
    {
        var registration = new ActorRegistration(ActorTypeInformation.Get(typeof(TActor), actorTypeName), typeOptions);
        configure?.Invoke(registration);
        Add(registration);
    }

    protected override string GetKeyForItem(ActorRegistration item) => item.Type.ActorTypeName;
}
