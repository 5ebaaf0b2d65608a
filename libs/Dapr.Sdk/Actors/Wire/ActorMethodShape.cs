using System.Collections.Concurrent;
using System.Reflection;

namespace Dapr.Actors;

/// <summary>How a method of an actor interface maps to the wire: its name, at most one value, a token, a result.</summary>
internal sealed record ActorMethodShape(MethodInfo Method, int? DataIndex, int? TokenIndex, Type? ResultType)
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyDictionary<string, ActorMethodShape>> Known = new();

    public string Name => Method.Name;

    public Type? DataType => DataIndex is { } index ? Method.GetParameters()[index].ParameterType : null;

    /// <summary>Methods of an interface and of those it extends, by name.</summary>
    /// <exception cref="ArgumentException">Some methods cannot be called remotely; the text names all of them.</exception>
    public static IReadOnlyDictionary<string, ActorMethodShape> Of(Type actorInterface) => Known.GetOrAdd(actorInterface, Inspect);

    private static Dictionary<string, ActorMethodShape> Inspect(Type actorInterface)
    {
        var faults = new List<string>();
        if (!actorInterface.IsInterface) faults.Add($"{actorInterface.Name} is no interface");
        var shapes = new Dictionary<string, ActorMethodShape>(StringComparer.Ordinal);
        foreach (var method in actorInterface.GetInterfaces().Append(actorInterface).SelectMany(i => i.GetMethods()))
        {
            if (Fault(method) is { } fault) faults.Add(fault);
            else if (!shapes.TryAdd(method.Name, Create(method))) faults.Add($"{method.Name} is overloaded");
        }

        return faults.Count == 0 ? shapes
            : throw new ArgumentException($"{actorInterface.Name} cannot be an actor interface: {string.Join("; ", faults)}.");
    }

    private static string? Fault(MethodInfo method)
    {
        var type = method.ReturnType;
        bool task = type == typeof(Task) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>));
        if (!task) return $"{method.Name} returns neither Task nor Task<T>";
        if (method.IsGenericMethod) return $"{method.Name} is generic";
        int values = method.GetParameters().Count(p => p.ParameterType != typeof(CancellationToken));
        return values > 1 ? $"{method.Name} takes {values} values, one is the limit" : null;
    }

    private static ActorMethodShape Create(MethodInfo method)
    {
        var parameters = method.GetParameters();
        int token = Array.FindIndex(parameters, p => p.ParameterType == typeof(CancellationToken));
        int data = Array.FindIndex(parameters, p => p.ParameterType != typeof(CancellationToken));
        var result = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments()[0] : null;
        return new ActorMethodShape(method, data < 0 ? null : data, token < 0 ? null : token, result);
    }
}
