namespace SkyDriver.Grpc;

/// <summary>Settings of one <see cref="GrpcConnection"/>.</summary>
public sealed record GrpcConnectionOptions
{
    /// <summary>Default limit of one message, sent or received: 4 MiB, as daprd has it.</summary>
    public const int DefaultMaxMessageBytes = 4 * 1024 * 1024;

    /// <summary>Sent as metadata <c>dapr-api-token</c> with every call; null or empty sends none.</summary>
    public string? ApiToken { get; init; }

    /// <summary>Bytes; larger messages end the call with RESOURCE_EXHAUSTED.</summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>Metadata sent with every call; keys in lower case.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Deadline of a unary call that names none; nothing may wait forever.</summary>
    public TimeSpan UnaryDeadline { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Longest wait for the socket to open.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence of the peer before it is asked for a sign of life, at least 1 s. daprd closes connections that ask more often than every 8 s.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long that sign may take, at least 1 s; then all calls of the connection, streams too, end as UNAVAILABLE.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
