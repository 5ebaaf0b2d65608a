namespace SkyDriver.Sidecar.Hosting;

/// <summary>How one app instance is served: what daprd takes as flags and environment.</summary>
internal sealed record InstanceSettings
{
    public required string AppId { get; init; }

    public string Namespace { get; init; } = "default";

    /// <summary>Of the app; 0 = it has none.</summary>
    public int AppPort { get; init; }

    /// <summary>http, https, h2c; apps that speak gRPC are not supported.</summary>
    public string AppProtocol { get; init; } = "http";

    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>Requests to the app at once; 0 or less = no limit.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>0 takes a free one.</summary>
    public int HttpPort { get; init; }

    /// <summary>0 takes a free one.</summary>
    public int GrpcPort { get; init; }

    public IReadOnlyList<string> ListenAddresses { get; init; } = ["127.0.0.1"];

    /// <summary>Folder for sockets instead of ports; null uses ports.</summary>
    public string? SocketFolder { get; init; }

    /// <summary>Bytes of one HTTP request's body, or of one gRPC message.</summary>
    public long MaxBodySize { get; init; } = 4 * 1024 * 1024;

    public int MaxMessageBytes => (int)Math.Min(MaxBodySize, int.MaxValue);

    /// <summary>Bytes of one request's headers.</summary>
    public int ReadBufferSize { get; init; } = 4 * 1024;

    /// <summary>Callers must present it; null or empty asks for none.</summary>
    public string? ApiToken { get; init; }

    /// <summary>Presented to the app; null or empty presents none.</summary>
    public string? AppToken { get; init; }

    /// <summary>How long deliveries to the app may still take when it stops.</summary>
    public TimeSpan GracefulShutdown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an orderly stop is put off while the app is well.</summary>
    public TimeSpan BlockShutdown { get; init; }

    /// <summary>Null = the app's health is not asked for.</summary>
    public AppHealthSettings? HealthCheck { get; init; }

    /// <summary>Of <c>config</c> and <c>subscribe</c>: endpoints of the app that are not asked at its start.</summary>
    public IReadOnlyList<string> DisabledInitEndpoints { get; init; } = [];

    /// <summary>Each call of the API is logged.</summary>
    public bool ApiLogging { get; init; }
}

/// <param name="Threshold">Failures in a row that make the app unhealthy.</param>
internal sealed record AppHealthSettings(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold)
{
    public static AppHealthSettings Default { get; } = new("/healthz", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500), 3);
}
