using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>What a worker of ours writes into <see cref="WorkerV1.Stats"/>; others may write there what they like.</summary>
/// <param name="LoadAverage">Running processes, means over 1, 5 and 15 minutes.</param>
/// <param name="Quarantine">Why it takes no work; null while it does.</param>
/// <param name="IsStopping">It has been told to end.</param>
/// <param name="Errors">Its most frequent failures, with how often each came.</param>
public sealed record WorkerStatsV1(
    [property: JsonPropertyName("load_average")] IReadOnlyList<string>? LoadAverage = null,
    [property: JsonPropertyName("quarantine")] string? Quarantine = null,
    [property: JsonPropertyName("stopping")] bool IsStopping = false,
    [property: JsonPropertyName("errors")] IReadOnlyDictionary<string, int>? Errors = null)
{
    public string Write() => JsonSerializer.Serialize(this, ContractJson.Options);

    /// <returns>Null for what is not of this form.</returns>
    public static WorkerStatsV1? Read(string? stats)
    {
        try
        {
            return string.IsNullOrEmpty(stats) ? null : JsonSerializer.Deserialize<WorkerStatsV1>(stats, ContractJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
