using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Sidecar.Tests.Run;

public sealed class FreePortTests
{
    /// <summary>What the kernel may give to an outgoing connection before the program listens.</summary>
    [Fact]
    public void Take_IsNeverAPortOfOutgoingConnections()
    {
        int[] dialled = [.. File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        for (int i = 0; i < 100; i++) Assert.NotInRange(FreePort.Take(), dialled[0], dialled[1]);
    }

    [Fact]
    public void Take_CanBeListenedOn_AndOnesTakenTogetherDiffer()
    {
        int[] ports = [.. Enumerable.Range(0, 20).Select(_ => FreePort.Take())];
        // Of twenty thousand: two of them are the same in one run of a hundred, five never.
        Assert.True(ports.Distinct().Count() > 15, string.Join(' ', ports));
        Assert.True(FreePort.IsFree(ports[0]));
        using TcpListener listener = new(IPAddress.Loopback, ports[0]);
        listener.Start();
        Assert.False(FreePort.IsFree(ports[0]));
    }
}
