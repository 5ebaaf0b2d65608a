using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime knows about an actor class.</summary>
public sealed class ActorTypeInformation
{
    private ActorTypeInformation(Type implementation, string actorTypeName, Type[] interfaces)
    {
        (ImplementationType, ActorTypeName, InterfaceTypes) = (implementation, actorTypeName, interfaces);
        var methods = new Dictionary<string, ActorMethodShape>(StringComparer.Ordinal);
        foreach (var shape in interfaces.SelectMany(i => ActorMethodShape.Of(i).Values)) methods[shape.Name] = shape;
        Methods = methods;
    }

    public string ActorTypeName { get; }

    public Type ImplementationType { get; }

    public IEnumerable<Type> InterfaceTypes { get; }

    public bool IsAbstract => ImplementationType.IsAbstract;

    public bool IsRemindable => typeof(IRemindable).IsAssignableFrom(ImplementationType);

    internal IReadOnlyDictionary<string, ActorMethodShape> Methods { get; }

    /// <exception cref="ArgumentException">The class is no actor, or has an interface that cannot be called remotely.</exception>
    public static ActorTypeInformation Get(Type actorType, string? actorTypeName)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        if (!typeof(Actor).IsAssignableFrom(actorType)) throw new ArgumentException($"{actorType.Name} does not derive from {nameof(Actor)}.", nameof(actorType));
        Type[] interfaces = [.. actorType.GetInterfaces().Where(i => typeof(IActor).IsAssignableFrom(i) && i != typeof(IActor))];
        if (interfaces.Length == 0 && !actorType.IsAbstract) throw new ArgumentException($"{actorType.Name} implements no interface derived from {nameof(IActor)}.", nameof(actorType));
        return new ActorTypeInformation(actorType, actorTypeName ?? NameOf(actorType), interfaces);
    }

    /// <summary>The method a timer calls: any access, no argument or one byte array, returning a task.</summary>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    internal MethodInfo TimerCallback(string name)
    {
        for (Type? type = ImplementationType; type is not null; type = type.BaseType)
        {
            var found = type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .FirstOrDefault(m => m.Name == name && m.ReturnType == typeof(Task) && Fits(m.GetParameters()));
            if (found is not null) return found;
        }

        throw new ArgumentException($"{ImplementationType.Name} has no method 'Task {name}()' or 'Task {name}(byte[])' for a timer.");

        static bool Fits(ParameterInfo[] parameters) =>
            parameters.Length == 0 || (parameters.Length == 1 && parameters[0].ParameterType == typeof(byte[]));
    }

    private static string NameOf(Type actorType) => actorType.GetCustomAttribute<ActorAttribute>()?.TypeName ?? actorType.Name;
}
