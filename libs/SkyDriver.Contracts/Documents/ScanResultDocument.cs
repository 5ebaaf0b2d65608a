using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>The result of a scan as REST shows it.</summary>
/// <param name="IsDeleted">Null on routes that do not show it; then left out.</param>
/// <param name="SkyscanResult">The result tables, passed through as they were made.</param>
public sealed record ScanResultDocument(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("is_deleted"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsDeleted,
    [property: JsonPropertyName("skyscan_result")] JsonElement SkyscanResult,
    [property: JsonPropertyName("is_final")] bool IsFinal);

/// <summary>Reply of <c>/scan/ID/i3-event</c>.</summary>
public sealed record EventDocument([property: JsonPropertyName("i3_event")] JsonElement I3Event);
