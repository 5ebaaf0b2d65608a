namespace SkyDriver.Sidecar.Hosting;

/// <summary>What one instance of an app asks of its sidecar.</summary>
internal sealed record InstanceOptions
{
    public required string AppId { get; init; }

    /// <summary>Null when the app is never called.</summary>
    public int? AppPort { get; init; }

    public string AppProtocol { get; init; } = "http";

    public string AppAddress { get; init; } = "127.0.0.1";

    /// <summary>Calls of the app at once; −1 for no limit.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>0 takes any free port, as in <see cref="GrpcPort"/>.</summary>
    public int HttpPort { get; init; }

    public int GrpcPort { get; init; }

    public IReadOnlyList<string> ResourcePaths { get; init; } = [];

    public string? ConfigFile { get; init; }

    /// <summary>Further words of daprd's command line.</summary>
    public IReadOnlyList<string> SidecarOptions { get; init; } = [];

    /// <summary>Presented to the app; null for none.</summary>
    public string? AppToken { get; init; }

    /// <summary>Asked of callers; null for none.</summary>
    public string? ApiToken { get; init; }
}

/// <summary>Both are 0 where there are sockets instead.</summary>
internal sealed record InstancePorts(int Http, int Grpc);

/// <summary>An instance's sidecar while it serves; disposing it lets the instance leave in order.</summary>
internal interface ISidecarInstance : IAsyncDisposable
{
    InstancePorts Ports { get; }
}

/// <summary>Serves any number of instances of any apps, which share brokers, stores and engines.</summary>
internal interface ISidecarHost
{
    /// <summary>Ends, with the reason, when a component fails for good after an instance was added.</summary>
    Task<string> Failed { get; }

    /// <summary>Completes when both ports serve; finding out what the app wants goes on behind it.</summary>
    Task<ISidecarInstance> AddAsync(InstanceOptions options, CancellationToken ct);
}
