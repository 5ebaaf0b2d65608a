using System.Net.Sockets;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Run;

/// <summary>How an instance joins a running host: over a Unix socket it sends its options as one line of JSON and gets its ports, or a
/// reason, as another. It is there as long as the connection is, however its process ends.</summary>
internal static class JoinProtocol
{
    private const int LongestLine = 64 << 10;

    public static async Task WriteAsync<T>(Stream stream, T message, CancellationToken ct)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message), (byte)'\n'];
        await stream.WriteAsync(line, ct);
    }

    /// <returns>The message, or null when the other side hung up.</returns>
    /// <exception cref="JsonException">The line is no such message, or too long.</exception>
    public static async Task<T?> ReadAsync<T>(Stream stream, CancellationToken ct)
        where T : class
    {
        // A line at a time without a buffer that would swallow what follows; lines are short and rare.
        List<byte> line = [];
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, ct) == 1)
        {
            if (one[0] == '\n') return JsonSerializer.Deserialize<T>(line.ToArray());
            if (line.Count == LongestLine) throw new JsonException("the line is too long");
            line.Add(one[0]);
        }

        return null;
    }

    internal sealed record Answer(InstancePorts? Ports, string? Error);
}

/// <summary>The host's side.</summary>
internal sealed class JoinListener : IAsyncDisposable
{
    private readonly ISidecarHost _host;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _joined = [];
    private readonly Task _accepting;

    private JoinListener(ISidecarHost host, string path, Socket socket)
    {
        (_host, Path, _socket) = (host, path, socket);
        _accepting = AcceptAsync();
    }

    public string Path { get; }

    public static JoinListener Start(ISidecarHost host)
    {
        // Short, because a socket's path may have 107 characters only; private, because whoever can write to it gets a sidecar.
        string path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("sidecar-").FullName, "host.sock");
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return new(host, path, socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        Task[] joined;
        lock (_joined) joined = [.. _joined];
        await Task.WhenAll(joined);
        Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket connection = await _socket.AcceptAsync(_stop.Token);
                lock (_joined)
                {
                    _joined.RemoveAll(t => t.IsCompleted);
                    _joined.Add(ServeAsync(connection));
                }
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        await using NetworkStream stream = new(connection, ownsSocket: true);
        try
        {
            if (await JoinProtocol.ReadAsync<InstanceOptions>(stream, _stop.Token) is not { } options) return;
            await using ISidecarInstance instance = await _host.AddAsync(options, _stop.Token);
            await JoinProtocol.WriteAsync(stream, new JoinProtocol.Answer(instance.Ports, null), _stop.Token);
            while (await stream.ReadAsync(new byte[16], _stop.Token) > 0)
            {
                // Nothing more is said; the end of the connection is the end of the instance.
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // The instance, or this host, is gone.
        }
        catch (Exception refused) when (refused is JsonException or FormatException or Resources.ResourceException)
        {
            await TryAnswerAsync(stream, refused.Message);
        }
    }

    private static async Task TryAnswerAsync(Stream stream, string reason)
    {
        try
        {
            await JoinProtocol.WriteAsync(stream, new JoinProtocol.Answer(null, reason), CancellationToken.None);
        }
        catch (IOException)
        {
            // It did not wait for the reason.
        }
    }
}

/// <summary>A host in another process.</summary>
internal sealed class JoinedHost(string socketPath) : ISidecarHost
{
    private readonly TaskCompletionSource<string> _never = new();

    /// <summary>Never: the host's own process ends for it.</summary>
    public Task<string> Failed => _never.Task;

    /// <exception cref="FormatException">The host is not there, or refuses; the message says why.</exception>
    public async Task<ISidecarInstance> AddAsync(InstanceOptions options, CancellationToken ct)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
            NetworkStream stream = new(socket, ownsSocket: true);
            await JoinProtocol.WriteAsync(stream, options, ct);
            JoinProtocol.Answer? answer = await JoinProtocol.ReadAsync<JoinProtocol.Answer>(stream, ct);
            return answer?.Ports is { } ports ? new JoinedInstance(stream, ports) : throw new FormatException($"run: {options.AppId}: the sidecar host refuses: {answer?.Error ?? "it hung up"}");
        }
        catch (Exception fault)
        {
            socket.Dispose();
            if (fault is SocketException or IOException) throw new FormatException($"run: {options.AppId}: no sidecar host at {socketPath} ({AppEnvironment.HostSocket}): {fault.Message}");
            throw;
        }
    }
}

internal sealed class JoinedInstance : ISidecarInstance
{
    private readonly NetworkStream _stream;

    public JoinedInstance(NetworkStream stream, InstancePorts ports)
    {
        (_stream, Ports) = (stream, ports);
        Lost = WatchAsync();
    }

    public InstancePorts Ports { get; }

    /// <summary>Ends when the host does.</summary>
    public Task Lost { get; }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task WatchAsync()
    {
        try
        {
            _ = await _stream.ReadAsync(new byte[1]);
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException)
        {
            // Gone either way.
        }
    }
}
