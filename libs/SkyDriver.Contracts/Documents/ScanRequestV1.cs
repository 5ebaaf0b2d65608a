using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>A scan request after validation: defaults filled in, names resolved. Kept under <see cref="StateKeys.Request"/>.</summary>
public sealed record ScanRequestV1
{
    [JsonPropertyName("scan_id")]
    public required string ScanId { get; init; }

    [JsonPropertyName("rescan_ids")]
    public IReadOnlyList<string> RescanIds { get; init; } = [];

    [JsonPropertyName("docker_tag")]
    public required string DockerTag { get; init; }

    [JsonPropertyName("scanner_server_memory_bytes")]
    public long ScannerServerMemoryBytes { get; init; }

    [JsonPropertyName("reco_algo")]
    public required string RecoAlgo { get; init; }

    /// <summary>Nside (decimal text) to pixel extension, in the order of the rounds.</summary>
    [JsonPropertyName("nsides")]
    public required OrderedDictionary<string, int> Nsides { get; init; }

    /// <summary><c>real</c> or <c>simulated</c>, or one of the longer words clients send.</summary>
    [JsonPropertyName("real_or_simulated_event")]
    public required string RealOrSimulatedEvent { get; init; }

    /// <summary>0.1 … 1.</summary>
    [JsonPropertyName("predictive_scanning_threshold")]
    public double PredictiveScanningThreshold { get; init; } = 1.0;

    [JsonPropertyName("classifiers")]
    public IReadOnlyDictionary<string, JsonElement> Classifiers { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Where workers are wanted, and how many, in the order given.</summary>
    [JsonPropertyName("request_clusters")]
    public required IReadOnlyList<ClusterRequestV1> RequestClusters { get; init; }

    [JsonPropertyName("worker_memory_bytes")]
    public long WorkerMemoryBytes { get; init; }

    [JsonPropertyName("worker_disk_bytes")]
    public long WorkerDiskBytes { get; init; }

    /// <summary>Seconds one reconstruction may take; null = the service's default.</summary>
    [JsonPropertyName("max_pixel_reco_time")]
    public int? MaxPixelRecoTime { get; init; }

    /// <summary>From 100 on a scan never waits in the backlog.</summary>
    [JsonPropertyName("priority")]
    public int Priority { get; init; }

    [JsonPropertyName("debug_mode")]
    public IReadOnlyList<string> DebugMode { get; init; } = [];

    /// <summary>SHA-256 of the event JSON, lower-case hex.</summary>
    [JsonPropertyName("i3_event_id")]
    public required string I3EventId { get; init; }

    [JsonPropertyName("scanner_server_env_from_user")]
    public IReadOnlyDictionary<string, JsonElement> ScannerServerEnvFromUser { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Of a rescan: the request that it repeats, which lists it in its <see cref="RescanIds"/>.</summary>
    [JsonPropertyName("original_scan_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OriginalScanId { get; init; }

    /// <summary>One of <see cref="ScanEngine"/>; null = the service's own choice.</summary>
    [JsonPropertyName("engine"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Engine { get; init; }

    [JsonIgnore]
    public bool IsRealEvent => RealOrSimulatedEvent.StartsWith("real", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Which scan takes the place of a lost one; written once. Kept under <see cref="StateKeys.Replacement"/>.</summary>
public sealed record ReplacementV1([property: JsonPropertyName("scan_id")] string ScanId);

/// <summary>One entry of <c>request_clusters</c>; on the wire the pair <c>["name", count]</c>.</summary>
[JsonConverter(typeof(ClusterRequestConverter))]
public sealed record ClusterRequestV1(string Name, int Count);

internal sealed class ClusterRequestConverter : JsonConverter<ClusterRequestV1>
{
    public override ClusterRequestV1 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray) throw Malformed();
        string? name = reader.Read() && reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
        int count = reader.Read() && reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out int n) ? n : -1;
        if (name is null || count < 0 || !reader.Read() || reader.TokenType is not JsonTokenType.EndArray) throw Malformed();
        return new(name, count);
    }

    public override void Write(Utf8JsonWriter writer, ClusterRequestV1 value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.Name);
        writer.WriteNumberValue(value.Count);
        writer.WriteEndArray();
    }

    private static JsonException Malformed() => new("A cluster request is a pair [\"name\", count] with count ≥ 0.");
}
