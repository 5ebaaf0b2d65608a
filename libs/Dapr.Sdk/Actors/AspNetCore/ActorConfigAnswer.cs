using System.Text.Json.Serialization;
using Dapr.Actors.Runtime;

namespace Dapr.Actors.AspNetCore;

/// <summary>The answer of <c>GET /dapr/config</c>.</summary>
internal sealed record ActorConfigAnswer
{
    [JsonPropertyName("entities")]
    public required IReadOnlyList<string> Entities { get; init; }

    [JsonPropertyName("entitiesConfig")]
    public IReadOnlyList<ActorConfigAnswer>? EntitiesConfig { get; init; }

    [JsonPropertyName("actorIdleTimeout")]
    public string? ActorIdleTimeout { get; init; }

    [JsonPropertyName("actorScanInterval")]
    public string? ActorScanInterval { get; init; }

    [JsonPropertyName("drainOngoingCallTimeout")]
    public string? DrainOngoingCallTimeout { get; init; }

    [JsonPropertyName("drainRebalancedActors")]
    public bool? DrainRebalancedActors { get; init; }

    [JsonPropertyName("reentrancy")]
    public ReentrancyAnswer? Reentrancy { get; init; }

    [JsonPropertyName("remindersStoragePartitions")]
    public int? RemindersStoragePartitions { get; init; }

    public static ActorConfigAnswer From(ActorRuntimeOptions options)
    {
        var special = options.Actors.Where(a => a.TypeOptions is not null)
            .Select(a => Describe([a.Type.ActorTypeName], a.TypeOptions!)).ToArray();
        return Describe([.. options.Actors.Select(a => a.Type.ActorTypeName)], options) with
        {
            EntitiesConfig = special.Length == 0 ? null : special,
        };
    }

    private static ActorConfigAnswer Describe(IReadOnlyList<string> entities, ActorRuntimeOptions options) => new()
    {
        Entities = entities,
        ActorIdleTimeout = ActorDurations.Format(options.ActorIdleTimeout),
        ActorScanInterval = ActorDurations.Format(options.ActorScanInterval),
        DrainOngoingCallTimeout = ActorDurations.Format(options.DrainOngoingCallTimeout),
        DrainRebalancedActors = options.DrainRebalancedActors ? true : null,
        Reentrancy = options.ReentrancyConfig is { } reentrancy ? new ReentrancyAnswer(reentrancy.Enabled, reentrancy.MaxStackDepth) : null,
        RemindersStoragePartitions = options.RemindersStoragePartitions,
    };

    internal sealed record ReentrancyAnswer(
        [property: JsonPropertyName("enabled")] bool Enabled,
        [property: JsonPropertyName("maxStackDepth")] int? MaxStackDepth);
}
