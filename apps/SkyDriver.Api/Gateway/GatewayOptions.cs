using SkyDriver.Hosting;

namespace SkyDriver.Api.Gateway;

/// <param name="LongestWait">A request for work is answered with "none" after this time; below what proxies on the way allow.</param>
/// <param name="MostWaiting">Requests for work that wait at the same time; more are asked to come back.</param>
internal sealed record GatewayOptions(TimeSpan LongestWait, int MostWaiting)
{
    public static GatewayOptions Read(Settings settings) => new(
        settings.Duration("SKYDRIVER_GATEWAY_WAIT", TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        settings.Integer("SKYDRIVER_GATEWAY_WAITING", 10_000, 1, 1_000_000));
}
