using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>Settings of actor proxies.</summary>
public class ActorProxyOptions
{
    /// <summary>How arguments and results become JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    public string? DaprApiToken { get; set; } = DaprDefaults.ApiToken();

    public string HttpEndpoint { get; set; } = DaprDefaults.HttpEndpoint();

    /// <summary>Longest duration of one call; 100 seconds when null.</summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>JSON instead of data contracts in typed proxies. This implementation always writes JSON.</summary>
    public bool UseJsonSerialization { get; set; }
}
