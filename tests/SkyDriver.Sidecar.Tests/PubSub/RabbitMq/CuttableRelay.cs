using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>Passes TCP connections on, until it is told to drop them, or to be away.</summary>
internal sealed class CuttableRelay : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _sockets = [];
    private readonly Task _accepting;
    private volatile bool _away;
    private int _answersToLose;

    public CuttableRelay(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Breaks all connections; new ones are taken unless it is away.</summary>
    public void Cut()
    {
        foreach (Socket socket in _sockets.Keys) Drop(socket);
    }

    public void GoAway()
    {
        _away = true;
        Cut();
    }

    /// <summary>The next connections break with the first byte that comes back: the target has done its work, and nobody hears of it.</summary>
    public void LoseAnswers(int connections) => Volatile.Write(ref _answersToLose, connections);

    public void ComeBack() => _away = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket near = await _listener.AcceptSocketAsync();
                if (_away) near.Close(0);
                else _ = RelayAsync(near);
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task RelayAsync(Socket near)
    {
        Socket far = new(SocketType.Stream, ProtocolType.Tcp);
        _sockets[near] = _sockets[far] = true;
        try
        {
            await far.ConnectAsync(_target);
            bool deaf = Interlocked.Decrement(ref _answersToLose) >= 0;
            await Task.WhenAny(CopyAsync(near, far), deaf ? far.ReceiveAsync(new byte[1]) : CopyAsync(far, near));
        }
        catch (SocketException)
        {
            // The target is away; so is this.
        }
        finally
        {
            Drop(near);
            Drop(far);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and int count)
            {
                for (int sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private void Drop(Socket socket)
    {
        _sockets.TryRemove(socket, out _);
        socket.Close(0);
    }
}
