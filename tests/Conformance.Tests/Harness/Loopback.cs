using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Conformance.Tests;

internal static class Loopback
{
    public static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
