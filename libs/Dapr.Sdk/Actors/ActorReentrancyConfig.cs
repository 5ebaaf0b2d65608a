namespace Dapr.Actors;

/// <summary>Whether a call chain may come back to an actor that is waiting in it.</summary>
public sealed class ActorReentrancyConfig
{
    public bool Enabled { get; set; }

    /// <summary>Longest chain; 32 when null.</summary>
    public int? MaxStackDepth { get; set; }
}
