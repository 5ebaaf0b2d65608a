using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>Something happened to a scan; topic <see cref="Topics.ScanEvents"/>. A hint: the manifest is the truth.</summary>
public sealed record ScanEventV1
{
    [JsonPropertyName("scan_id")]
    public required string ScanId { get; init; }

    /// <summary>One of <see cref="ScanEventKind"/>.</summary>
    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    /// <summary>Unix seconds.</summary>
    [JsonPropertyName("timestamp")]
    public double Timestamp { get; init; }

    /// <summary>The progress body, with progress events.</summary>
    [JsonPropertyName("progress")]
    public JsonElement? Progress { get; init; }

    [JsonPropertyName("best_fit")]
    public BestFitV1? BestFit { get; init; }

    /// <summary>One of <see cref="ScanPhase"/>, with phase events.</summary>
    [JsonPropertyName("phase")]
    public string? Phase { get; init; }

    /// <summary>Revision of the result written, with result events.</summary>
    [JsonPropertyName("result_revision")]
    public long? ResultRevision { get; init; }

    [JsonPropertyName("is_final")]
    public bool IsFinal { get; init; }

    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>Values of <see cref="ScanEventV1.Kind"/>.</summary>
public static class ScanEventKind
{
    public const string Progress = "progress";
    public const string Phase = "phase";
    public const string Result = "result";
    public const string Ended = "ended";
}

/// <summary>The pixel with the smallest llh so far. Degrees, J2000.</summary>
public sealed record BestFitV1(
    [property: JsonPropertyName("nside")] int Nside,
    [property: JsonPropertyName("ipix")] long Ipix,
    [property: JsonPropertyName("ra_deg")] double RaDeg,
    [property: JsonPropertyName("dec_deg")] double DecDeg,
    [property: JsonPropertyName("llh")] double Llh);

/// <summary>Counts of one scan, from the scan actor.</summary>
/// <param name="Sent">Variations decided on so far.</param>
/// <param name="Received">Variations answered or set aside.</param>
/// <param name="InFlight">Variations published and not answered.</param>
/// <param name="Duplicates">Answers that came again.</param>
/// <param name="Unknown">Answers for variations never sent.</param>
/// <param name="SetAside">Variations given up after three workers failed on them.</param>
/// <param name="Pending">Variations that will have to be answered yet, as far as one can tell; none once the scan is over.</param>
public sealed record ScanProgressV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("sent")] long Sent,
    [property: JsonPropertyName("received")] long Received,
    [property: JsonPropertyName("in_flight")] long InFlight,
    [property: JsonPropertyName("duplicates")] long Duplicates,
    [property: JsonPropertyName("unknown")] long Unknown,
    [property: JsonPropertyName("set_aside")] long SetAside,
    [property: JsonPropertyName("best_fit")] BestFitV1? BestFit,
    [property: JsonPropertyName("progress")] JsonElement? Progress,
    [property: JsonPropertyName("pending")] long Pending = 0);

/// <summary>Values of <see cref="ScanProgressV1.State"/>.</summary>
public static class ScanActorState
{
    public const string NotOpen = "not-open";
    public const string Scanning = "scanning";
    public const string Finished = "finished";
    public const string Aborted = "aborted";
    public const string Failed = "failed";
}
