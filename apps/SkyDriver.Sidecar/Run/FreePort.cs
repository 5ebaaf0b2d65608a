using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Sidecar.Run;

/// <summary>Ports of this machine for programs that listen only later.</summary>
internal static class FreePort
{
    /// <summary>Above what most servers take, below the ports of Kubernetes' nodes.</summary>
    private const int First = 10240, End = 30000;

    private const string DialRange = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>A TCP port that nobody listens on, and that the system gives to no outgoing connection.</summary>
    /// <remarks>One that the system chooses is of the latter kind: until it is listened on, any call to anywhere may take it away.</remarks>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static int Take()
    {
        int[] ports = Candidates();
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            int port = ports[Random.Shared.Next(ports.Length)];
            if (IsFree(port)) return port;
        }

        throw new InvalidOperationException($"No port between {ports[0]} and {ports[^1]} is free; give one.");
    }

    /// <summary>Whether nobody listens on it now.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using TcpListener probe = new(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int[] Candidates()
    {
        int[] ports = [.. Enumerable.Range(First, End - First)];
        if (!File.Exists(DialRange)) return ports;
        int[] dialled = [.. File.ReadAllText(DialRange).Split((char[])[], StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        int[] kept = [.. ports.Where(p => p < dialled[0] || p > dialled[1])];
        return kept is [] ? ports : kept;
    }
}
