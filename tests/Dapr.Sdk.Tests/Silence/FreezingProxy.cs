using System.Net;
using System.Net.Sockets;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>
/// Hands bytes on between a client and a server until it is frozen. From then on both connections stay open and nothing
/// moves, as when a machine is cut off or a process is stopped.
/// </summary>
internal sealed class FreezingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _frozen = new();
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;

    /// <param name="target">An <c>http://host:port</c> address.</param>
    public FreezingProxy(string target)
    {
        var uri = new Uri(target);
        _target = new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Connections accepted; those after the freeze lead nowhere.</summary>
    public int Connections { get; private set; }

    public void Freeze() => _frozen.Cancel();

    public async ValueTask DisposeAsync()
    {
        Freeze();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_sockets)
        {
            foreach (var socket in _sockets) socket.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var near = Keep(await _listener.AcceptSocketAsync());
            Connections++;
            if (_frozen.IsCancellationRequested) continue;
            var far = Keep(new Socket(SocketType.Stream, ProtocolType.Tcp));
            await far.ConnectAsync(_target);
            _ = PumpAsync(near, far);
            _ = PumpAsync(far, near);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (await from.ReceiveAsync(buffer, _frozen.Token) is > 0 and var read) await to.SendAsync(buffer.AsMemory(0, read), _frozen.Token);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Frozen: the sockets stay as they are. Otherwise one side has broken off, and the other shall know.
            if (!_frozen.IsCancellationRequested) to.Dispose();
        }
    }

    private Socket Keep(Socket socket)
    {
        lock (_sockets) _sockets.Add(socket);
        return socket;
    }
}
