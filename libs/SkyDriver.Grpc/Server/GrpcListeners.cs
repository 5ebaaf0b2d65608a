using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SkyDriver.Grpc;

/// <summary>Listeners for gRPC without TLS: HTTP/2 by prior knowledge, hence a port of its own.</summary>
public static class GrpcListeners
{
    /// <summary>Listens on loopback; port 0 takes a free one.</summary>
    public static void ListenGrpc(this KestrelServerOptions options, int port) => options.ListenGrpc(IPAddress.Loopback, port);

    public static void ListenGrpc(this KestrelServerOptions options, IPAddress address, int port)
    {
        SetLimits(options);
        options.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http2);
    }

    /// <summary>Listens on a Unix socket; a file left behind by a dead process is removed, a live one is refused.</summary>
    /// <exception cref="IOException">Another process listens on that socket.</exception>
    public static void ListenGrpcUnix(this KestrelServerOptions options, string path)
    {
        RemoveStaleSocket(path);
        SetLimits(options);
        options.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2);
    }

    private static void SetLimits(KestrelServerOptions options)
    {
        // A stream may be silent for hours; broken peers are found by pings instead.
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        options.Limits.Http2.MaxStreamsPerConnection = 4096;
        options.Limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
        options.Limits.Http2.InitialStreamWindowSize = 1024 * 1024;
    }

    private static void RemoveStaleSocket(string path)
    {
        if (!File.Exists(path)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new IOException($"Another process listens on {path}; stop it, or choose another socket.");
    }
}
