using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;

namespace SkyDriver.Sidecar.Components;

/// <summary>One process that serves a pluggable component, from its Init to its end.</summary>
/// <param name="stamp">Tells this process' socket file from that of the next one.</param>
internal sealed class PluggableSession(GrpcConnection connection, string service, IReadOnlyList<string> services, DateTime stamp) : IDisposable
{
    private volatile bool _broken;

    /// <summary>Full names of what the process serves.</summary>
    public IReadOnlyList<string> Services { get; } = services;

    public DateTime Stamp { get; } = stamp;

    /// <summary>The process could not be reached: it is to be set up again before the next call.</summary>
    public bool IsBroken => _broken;

    /// <param name="method">Of the component's own service, or a whole path that begins with a slash.</param>
    /// <param name="limit">Null takes the connection's own.</param>
    public async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken ct, TimeSpan? limit = null)
        where T : class, IMessage<T>
    {
        try
        {
            return await connection.UnaryAsync(Path(method), request, parser, limit, ct: ct);
        }
        catch (RpcException fault) when (IsTransport(fault))
        {
            _broken = true;
            throw;
        }
    }

    public GrpcDuplexCall<T> Open<T>(string method, MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T> => connection.Duplex(Path(method), parser, ct: ct);

    /// <summary>Says that a stream of this process broke.</summary>
    public void Break() => _broken = true;

    public void Dispose() => connection.Dispose();

    // What the process itself answers has no cause on this side.
    private static bool IsTransport(RpcException fault) => fault is { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled, InnerException: not null };

    private string Path(string method) => method.StartsWith('/') ? method : $"/{service}/{method}";
}
