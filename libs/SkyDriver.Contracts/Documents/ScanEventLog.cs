using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>The last events of one scan, or of all, numbered from 1 in the order in which they came in.</summary>
/// <param name="Last">Number of the newest event ever noted.</param>
/// <param name="Forgotten">Number of the newest event that is gone and that no later one replaces; a reader who is behind it missed something.</param>
public sealed record ScanEventLogV1(
    [property: JsonPropertyName("last")] long Last,
    [property: JsonPropertyName("forgotten")] long Forgotten,
    [property: JsonPropertyName("entries")] IReadOnlyList<LoggedScanEventV1> Entries);

/// <param name="MessageId">Of the delivery, by which one that comes again is known.</param>
public sealed record LoggedScanEventV1(
    [property: JsonPropertyName("number")] long Number,
    [property: JsonPropertyName("message_id")] string MessageId,
    [property: JsonPropertyName("event")] ScanEventV1 Event);
