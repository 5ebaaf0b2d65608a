using System.Globalization;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Run;

/// <summary>The environment that an app is started with.</summary>
internal static class AppEnvironment
{
    /// <summary>Names the Unix socket over which further instances join this process.</summary>
    public const string HostSocket = "SIDECAR_HOST_SOCKET";

    public static Dictionary<string, string> For(string appId, int? appPort, string appProtocol, InstancePorts ports)
    {
        Dictionary<string, string> environment = new() { ["APP_ID"] = appId, ["APP_PROTOCOL"] = appProtocol };
        // A sidecar with sockets has no ports; its app knows where they are.
        if (ports.Http > 0)
        {
            environment["DAPR_HTTP_PORT"] = Text(ports.Http);
            environment["DAPR_GRPC_PORT"] = Text(ports.Grpc);
            // Endpoints beat ports; an app must not inherit those of whoever started this.
            environment["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{Text(ports.Http)}";
            environment["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{Text(ports.Grpc)}";
        }

        if (appPort is { } port) environment["APP_PORT"] = Text(port);
        return environment;
    }

    /// <summary>The port, or a free one for 0.</summary>
    public static int? Resolve(int? port) => port is 0 ? FreePort.Take() : port;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
