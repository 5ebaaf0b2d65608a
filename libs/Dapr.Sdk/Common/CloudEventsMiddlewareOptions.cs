namespace Dapr;

/// <summary>How deliveries are unwrapped before the app sees them.</summary>
public class CloudEventsMiddlewareOptions
{
    /// <summary>Keep string data as a JSON string even when its content type is some other text.</summary>
    public bool SuppressJsonDecodingOfTextPayloads { get; set; }

    /// <summary>Hand the envelope's attributes on as headers <c>Cloudevent.{name}</c>.</summary>
    public bool ForwardCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>Only these attributes become headers; null means all.</summary>
    public string[] IncludedCloudEventPropertiesAsHeaders { get; set; } = null!;

    /// <summary>These attributes do not become headers.</summary>
    public string[] ExcludedCloudEventPropertiesFromHeaders { get; set; } = null!;
}
