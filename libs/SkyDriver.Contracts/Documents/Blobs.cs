using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>Index of a large value kept in chunks of at most <see cref="StateKeys.MaxValueBytes"/>; written after them.</summary>
/// <param name="Length">Bytes before compression.</param>
/// <param name="Compressed">Bytes over all chunks.</param>
/// <param name="Chunks">Number of chunks.</param>
/// <param name="Sha256">Of the bytes before compression, lower-case hex.</param>
/// <param name="Encoding">How the bytes were compressed: <c>br</c>.</param>
public sealed record BlobIndexV1(
    [property: JsonPropertyName("length")] long Length,
    [property: JsonPropertyName("compressed")] long Compressed,
    [property: JsonPropertyName("chunks")] int Chunks,
    [property: JsonPropertyName("sha256")] string Sha256,
    [property: JsonPropertyName("encoding")] string Encoding);

/// <summary>Which result of a scan counts. Each writing has a slot of its own, so a reader never sees a mixture.</summary>
/// <param name="Revision">Grows by one with each result that came to count.</param>
/// <param name="IsFinal">A result that is not final never replaces one that is.</param>
/// <param name="IsDeleted">Hidden by a user; the next result written shows it again.</param>
/// <param name="Written">Unix seconds.</param>
/// <param name="Slot">Where the chunks lie; the revision when null.</param>
/// <param name="Previous">The result before, kept until the next for those who are still reading it.</param>
public sealed record ResultIndexV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("revision")] long Revision,
    [property: JsonPropertyName("is_final")] bool IsFinal,
    [property: JsonPropertyName("is_deleted")] bool IsDeleted,
    [property: JsonPropertyName("written")] double Written,
    [property: JsonPropertyName("blob")] BlobIndexV1 Blob,
    [property: JsonPropertyName("slot"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Slot = null,
    [property: JsonPropertyName("previous"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ResultSlotV1? Previous = null);

public sealed record ResultSlotV1(
    [property: JsonPropertyName("slot")] string Slot,
    [property: JsonPropertyName("chunks")] int Chunks);

/// <summary>Where the pieces of a large value lie.</summary>
/// <param name="Id">Of the event, or of the scan whose result it is.</param>
/// <param name="Slot">Of the result; null for an event.</param>
public sealed record BlobPlaceV1(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("slot")] string? Slot)
{
    public string ChunkKey(int chunk) => Slot is null ? StateKeys.EventChunk(Id, chunk) : StateKeys.ResultChunk(Id, Slot, chunk);
}

/// <summary>Large values that are just being written.</summary>
public sealed record BlobWritingsV1([property: JsonPropertyName("writings")] IReadOnlyList<BlobWritingV1> Writings);

/// <param name="BegunMs">Unix milliseconds.</param>
/// <param name="SweptMs">Since when somebody removes what a writer left that died, unix milliseconds; null while nobody does.</param>
public sealed record BlobWritingV1(
    [property: JsonPropertyName("place")] BlobPlaceV1 Place,
    [property: JsonPropertyName("begun_ms")] long BegunMs,
    [property: JsonPropertyName("swept_ms")] long? SweptMs);

/// <summary>The scans of one detector event, oldest first.</summary>
public sealed record ScansOfEventV1(
    [property: JsonPropertyName("run_id")] long RunId,
    [property: JsonPropertyName("event_id")] long EventId,
    [property: JsonPropertyName("scans")] IReadOnlyList<ScanOfEventV1> Scans);

public sealed record ScanOfEventV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("is_real_event")] bool IsRealEvent,
    [property: JsonPropertyName("timestamp")] double Timestamp);
