using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>Which actors an app hosts, and how; null leaves a setting to Dapr.</summary>
public sealed class ActorRuntimeOptions
{
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>An actor without calls for this long leaves memory.</summary>
    public TimeSpan? ActorIdleTimeout { get; set; }

    public TimeSpan? ActorScanInterval { get; set; }

    /// <summary>How long a running call may hold up a move to another host.</summary>
    public TimeSpan? DrainOngoingCallTimeout { get; set; }

    public bool DrainRebalancedActors { get; set; }

    public ActorReentrancyConfig ReentrancyConfig { get; set; } = new();

    /// <summary>JSON instead of data contracts for typed proxies. This implementation always writes JSON.</summary>
    public bool UseJsonSerialization { get; set; }

    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    public string? DaprApiToken { get; set; }

    public string? HttpEndpoint { get; set; }

    public int? RemindersStoragePartitions { get; set; }
}
