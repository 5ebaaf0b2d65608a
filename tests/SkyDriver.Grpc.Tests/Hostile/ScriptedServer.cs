using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Grpc.Tests.Hostile;

/// <summary>
/// A server that speaks HTTP/2 up to the first request of each connection, then sends what the test wrote, and either
/// closes or keeps the connection open in silence.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _greeting;
    private readonly byte[] _script;
    private readonly Func<int, byte[]>? _later;
    private readonly bool _closes;
    private readonly Task _accepting;

    /// <param name="later">Answers further requests of a connection, by the number of their stream; null leaves them unanswered.</param>
    public ScriptedServer(byte[] greeting, byte[] script, bool closes, Func<int, byte[]>? later = null)
    {
        (_greeting, _script, _closes, _later) = (greeting, script, closes, later);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stopping.Token);
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await stream.ReadExactlyAsync(new byte[RawHttp2.Preface.Length], _stopping.Token);
            await stream.WriteAsync(_greeting, _stopping.Token);
            while (await RawHttp2.ReadAsync(stream, _stopping.Token) is { } frame && frame.Type != FrameType.Headers)
            {
            }

            await stream.WriteAsync(_script, _stopping.Token);
            if (_closes) return;
            // What the client says from here on is taken, so that it never waits for room to say it.
            while (await RawHttp2.ReadAsync(stream, _stopping.Token) is { } frame)
            {
                if (frame.Type == FrameType.Headers && _later is not null) await stream.WriteAsync(_later(frame.Stream), _stopping.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone, or the test over.
        }
    }
}
