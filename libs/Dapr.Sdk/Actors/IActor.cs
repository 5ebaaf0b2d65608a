namespace Dapr.Actors;

/// <summary>Marks an interface whose methods can be called on an actor: each returns a task and takes at most one value.</summary>
public interface IActor
{
}
