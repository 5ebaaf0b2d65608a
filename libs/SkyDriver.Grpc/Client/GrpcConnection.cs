using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Client;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc;

/// <summary>
/// Calls gRPC methods at one address over HTTP/2: <c>http://host:port</c> (prior knowledge, no TLS),
/// <c>https://host:port</c> or <c>unix:///path</c>. Thread safe; sockets open on first use and reopen by themselves.
/// </summary>
/// <remarks>
/// Methods are named by their path, <c>/package.Service/Method</c>. A failed call throws <see cref="RpcException"/>;
/// the caller's own cancellation throws <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed class GrpcConnection : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly GrpcConnectionOptions _options;
    private readonly Uri _base;
    private volatile bool _disposed;

    /// <exception cref="ArgumentException">The address is none of the three forms.</exception>
    public GrpcConnection(string address, GrpcConnectionOptions? options = null)
    {
        _options = options ?? new GrpcConnectionOptions();
        Address = address;
        string? socket = SocketPath(address);
        _base = socket is not null ? new Uri("http://localhost") : ParseUri(address);
        _http = new HttpMessageInvoker(CreateHandler(socket, _options), disposeHandler: true);
    }

    public string Address { get; }

    /// <summary>One request, one response.</summary>
    /// <remarks>The deadline is also told to the server; null takes <see cref="GrpcConnectionOptions.UnaryDeadline"/>,
    /// <see cref="Timeout.InfiniteTimeSpan"/> none.</remarks>
    public async Task<TResponse> UnaryAsync<TResponse>(
        string method,
        IMessage request,
        MessageParser<TResponse> parser,
        TimeSpan? deadline = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken ct = default)
        where TResponse : class, IMessage<TResponse>
    {
        var limit = deadline ?? _options.UnaryDeadline;
        bool limited = limit != Timeout.InfiniteTimeSpan;
        using var message = CreateRequest(method, new MessageContent(request, _options.MaxMessageBytes), limit, metadata);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (limited) timer.CancelAfter(Clamp(limit));
        try
        {
            using var response = await _http.SendAsync(message, timer.Token);
            return await GrpcResponse.ReadOneAsync(response, parser, _options.MaxMessageBytes, timer.Token);
        }
        catch (Exception e) when (CallFaults.IsTransport(e))
        {
            throw CallFaults.Translate(e, Address, limited && timer.IsCancellationRequested, _disposed, ct);
        }
    }

    /// <summary>One request, any number of responses; ends when the server ends it, or on cancellation.</summary>
    public async IAsyncEnumerable<TResponse> ServerStreamAsync<TResponse>(
        string method,
        IMessage request,
        MessageParser<TResponse> parser,
        IReadOnlyDictionary<string, string>? metadata = null,
        [EnumeratorCancellation] CancellationToken ct = default)
        where TResponse : class, IMessage<TResponse>
    {
        using var message = CreateRequest(method, new MessageContent(request, _options.MaxMessageBytes), Timeout.InfiniteTimeSpan, metadata);
        using var response = await Guard(SendAsync(message, ct), ct);
        await using var messages = GrpcResponse.ReadAllAsync(response, parser, _options.MaxMessageBytes, ct).GetAsyncEnumerator(ct);
        while (await Guard(messages.MoveNextAsync(), ct)) yield return messages.Current;
    }

    /// <summary>Opens a call with both sides streaming. It starts at once; dispose it to give it up.</summary>
    public GrpcDuplexCall<TResponse> Duplex<TResponse>(
        string method,
        MessageParser<TResponse> parser,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken ct = default)
        where TResponse : class, IMessage<TResponse>
    {
        var content = new OpenContent();
        var message = CreateRequest(method, content, Timeout.InfiniteTimeSpan, metadata);
        return new GrpcDuplexCall<TResponse>(Address, _options.MaxMessageBytes, parser, content, token => _http.SendAsync(message, token), ct);
    }

    public void Dispose()
    {
        _disposed = true;
        _http.Dispose();
    }

    private async ValueTask<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken ct) => await _http.SendAsync(message, ct);

    private async ValueTask<T> Guard<T>(ValueTask<T> step, CancellationToken ct)
    {
        try
        {
            return await step;
        }
        catch (Exception e) when (CallFaults.IsTransport(e))
        {
            throw CallFaults.Translate(e, Address, deadlinePassed: false, _disposed, ct);
        }
    }

    private HttpRequestMessage CreateRequest(
        string method, HttpContent content, TimeSpan limit, IReadOnlyDictionary<string, string>? metadata)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_base, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        // Known to be valid, so that nothing is parsed per call.
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity");
        if (limit != Timeout.InfiniteTimeSpan) message.Headers.TryAddWithoutValidation("grpc-timeout", TimeoutText.Format(limit));
        if (!string.IsNullOrEmpty(_options.ApiToken)) AddMetadata(message, "dapr-api-token", _options.ApiToken);
        if (_options.Headers is { } always) AddMetadata(message, always);
        if (metadata is not null) AddMetadata(message, metadata);
        return message;
    }

    private static void AddMetadata(HttpRequestMessage message, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (key, value) in metadata) AddMetadata(message, key, value);
    }

    private static void AddMetadata(HttpRequestMessage message, string key, string value)
    {
        bool printable = !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
        if (!printable || !message.Headers.TryAddWithoutValidation(key.ToLowerInvariant(), value))
        {
            throw new ArgumentException($"Metadata '{key}' cannot travel: keys are header names, values printable ASCII (use a '-bin' key with base64).");
        }
    }

    private static SocketsHttpHandler CreateHandler(string? socketPath, GrpcConnectionOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = options.ConnectTimeout,
            // Streams have no deadline: without pings they would not notice a peer that is gone.
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (socketPath is not null)
        {
            handler.ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return handler;
    }

    private static string? SocketPath(string address) =>
        !address.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) ? null
        : address.StartsWith("unix://", StringComparison.OrdinalIgnoreCase) ? address["unix://".Length..]
        : address["unix:".Length..];

    private static Uri ParseUri(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new ArgumentException($"'{address}' is no gRPC address; use http://host:port, https://host:port or unix:///path.");

    private static TimeSpan Clamp(TimeSpan limit) =>
        limit < TimeSpan.Zero ? TimeSpan.Zero : limit.TotalMilliseconds > int.MaxValue ? TimeSpan.FromMilliseconds(int.MaxValue) : limit;
}
