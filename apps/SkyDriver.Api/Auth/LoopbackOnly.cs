using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using SkyDriver.Hosting;

namespace SkyDriver.Api.Auth;

/// <summary>Without authentication a service is for its own machine; beyond, only when somebody said so on purpose.</summary>
/// <remarks>Looks at the addresses that the server really took: they may be set in half a dozen ways.</remarks>
internal sealed class LoopbackOnly(IServer server) : IHostedLifecycleService
{
    /// <exception cref="SettingsException">Others than this machine can reach the service, and nobody would be asked who he is.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        string[] open = [.. (server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []).Where(IsOpen)];
        if (open.Length == 0) return Task.CompletedTask;
        throw new SettingsException([
            $"SKYDRIVER_AUTH_ISSUER is not set, and the service would listen on {string.Join(", ", open)}: whoever reaches it could start, stop and read every scan. "
            + $"Give the address of an OpenID provider, listen on 127.0.0.1, or set {AuthOptions.Anonymous}=true if that is meant."]);
    }

    private static bool IsOpen(string address)
    {
        BindingAddress bound = BindingAddress.Parse(address);
        if (bound.IsUnixPipe || bound.IsNamedPipe || bound.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return false;
        return !(IPAddress.TryParse(bound.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
