namespace Dapr.Actors.Runtime;

/// <summary>Gives an actor class a type name other than its own name.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ActorAttribute : Attribute
{
    public string TypeName { get; set; } = null!;
}
