using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Integration.Tests;

/// <summary>A network without anything but one port of this machine, as behind a firewall that lets out HTTPS to one address alone.</summary>
internal sealed class ClosedNetwork : IAsyncDisposable
{
    private static readonly string Script = Path.Combine(TestPaths.Repository, "tests", "Integration.Tests", "closed_network.py");

    private readonly int _port;
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    /// <param name="port">That leads out.</param>
    public ClosedNetwork(string folder, int port)
    {
        (_port, _path) = (port, Path.Combine(folder, "out.sock"));
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
        _work = ServeAsync();
    }

    /// <summary>Why programs cannot be run in a network of their own here; null when they can.</summary>
    public static string? Obstacle()
    {
        try
        {
            using Process probe = Process.Start(new ProcessStartInfo("unshare", ["-rn", "python3", "-c", ""]) { RedirectStandardError = true })!;
            string said = probe.StandardError.ReadToEnd();
            probe.WaitForExit();
            return probe.ExitCode == 0 ? null : $"A network of its own needs python3 and network namespaces, which are not allowed here: {said.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "A network of its own needs the command unshare.";
        }
    }

    /// <summary>What runs a program in it.</summary>
    /// <param name="others">Ports of this machine; the program's output begins with those that it reaches, behind <c>open:</c>.</param>
    public string[] Within(IEnumerable<int> others) => ["unshare", "-rn", "python3", Script, $"{_port}", _path, string.Join(',', others)];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _work;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> relays = [];
        try
        {
            while (true) relays.Add(RelayAsync(await _listener.AcceptAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relays);
        }
    }

    private async Task RelayAsync(Socket inside)
    {
        try
        {
            using NetworkStream from = new(inside, ownsSocket: true);
            using TcpClient outside = new();
            await outside.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            await using NetworkStream to = outside.GetStream();
            // When one side is done, so is the connection.
            await Task.WhenAny(from.CopyToAsync(to, _stop.Token), to.CopyToAsync(from, _stop.Token));
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // Whoever called sees it.
        }
    }
}
