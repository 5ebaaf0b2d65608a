namespace SkyDriver.Grpc;

/// <summary>Settings of the gRPC endpoints of one host; set through <c>services.Configure</c>, or for one server of many as a feature of its requests.</summary>
public sealed class GrpcServerOptions
{
    /// <summary>Bytes; a larger message, received or to send, ends its call with RESOURCE_EXHAUSTED.</summary>
    public int MaxMessageBytes { get; set; } = GrpcConnectionOptions.DefaultMaxMessageBytes;
}
