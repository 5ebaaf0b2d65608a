using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>A scan that waits for its start.</summary>
/// <param name="Timestamp">When it was requested, unix seconds.</param>
/// <param name="Priority">From 100 on it does not wait.</param>
/// <param name="PendingTimestamp">Since when a launch is being tried, unix seconds, or null.</param>
/// <param name="NextAttempt">Number of the launch to come, from 1.</param>
public sealed record BacklogEntryV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("timestamp")] double Timestamp,
    [property: JsonPropertyName("priority")] int Priority,
    [property: JsonPropertyName("pending_timestamp")] double? PendingTimestamp,
    [property: JsonPropertyName("next_attempt")] int NextAttempt);

/// <summary>All of them, oldest first.</summary>
public sealed record BacklogV1([property: JsonPropertyName("entries")] IReadOnlyList<BacklogEntryV1> Entries);
