using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>Body of <c>POST /scan</c>. Members left null take the service's defaults.</summary>
public sealed record LaunchScan
{
    [JsonPropertyName("docker_tag")]
    public string DockerTag { get; init; } = "latest";

    /// <summary>Where workers are wanted, and how many.</summary>
    [JsonPropertyName("request_clusters")]
    public required IReadOnlyList<ClusterRequestV1> RequestClusters { get; init; }

    [JsonPropertyName("reco_algo")]
    public required string RecoAlgo { get; init; }

    /// <summary>The event object, as the detector's realtime system sends it.</summary>
    [JsonPropertyName("event_i3live_json")]
    public required JsonElement Event { get; init; }

    /// <summary>Nside (decimal text) to pixel extension, in the order of the rounds.</summary>
    [JsonPropertyName("nsides")]
    public required OrderedDictionary<string, int> Nsides { get; init; }

    /// <summary><c>real</c> or <c>simulated</c>.</summary>
    [JsonPropertyName("real_or_simulated_event")]
    public required string RealOrSimulated { get; init; }

    [JsonPropertyName("predictive_scanning_threshold"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PredictiveScanningThreshold { get; init; }

    /// <summary>Seconds one reconstruction may take.</summary>
    [JsonPropertyName("max_pixel_reco_time"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxPixelRecoTime { get; init; }

    /// <summary>From 100 on a scan never waits behind others.</summary>
    [JsonPropertyName("priority"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Priority { get; init; }

    /// <summary>Labels: up to 25 short scalars.</summary>
    [JsonPropertyName("classifiers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Classifiers { get; init; }
}
