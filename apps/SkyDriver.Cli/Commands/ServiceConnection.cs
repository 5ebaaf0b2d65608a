using System.CommandLine;
using System.Net;
using SkyDriver.Cli.Login;
using SkyDriver.Client;
using SkyDriver.Client.Fleet;

namespace SkyDriver.Cli.Commands;

/// <summary>A client for the service a command works on, with the caller's login.</summary>
internal sealed class ServiceConnection : IDisposable
{
    public const string DefaultServer = "http://127.0.0.1:8080";

    private readonly HttpClient _http;
    private readonly HttpClient _provider = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly StoredTokens _tokens;

    private ServiceConnection(Uri server)
    {
        Server = server;
        // Time limits are the client's, per try and per body.
        _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All, ConnectTimeout = TimeSpan.FromSeconds(10) }) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        _tokens = new(CredentialFile.Default(), server, new(_provider, TimeProvider.System), TimeProvider.System);
        Client = new(_http, new() { Tokens = Environment.GetEnvironmentVariable("SKYDRIVER_TOKEN") is { Length: > 0 } token ? new FixedToken(token) : _tokens });
    }

    /// <summary>For commands on workers and tasks; as patient as the others.</summary>
    public FleetClient OpenFleet() => new(_http, new()
    {
        Tokens = Client.Options.Tokens,
        AwayPatience = Client.Options.Patience,
        PutTimeout = Client.Options.AttemptTimeout,
        GetTimeout = Client.Options.AttemptTimeout,
        RetryDelay = TimeSpan.FromSeconds(1),
    });

    public Uri Server { get; }

    public SkyDriverClient Client { get; }

    public static Option<string?> ServerOption() => new("--server") { Description = $"Address of the service [default: SKYDRIVER_SERVER, else {DefaultServer}].", HelpName = "URL" };

    public static ServiceConnection Open(Uri server) => new(server);

    public static Uri AddressOf(string? option) => Given(option) ?? new(DefaultServer + "/");

    /// <summary>The service that the option or SKYDRIVER_SERVER names; null when neither does.</summary>
    /// <exception cref="CommandException">What they name is no address.</exception>
    public static Uri? Given(string? option)
    {
        (string from, string? url) = option is null ? ("SKYDRIVER_SERVER", Environment.GetEnvironmentVariable("SKYDRIVER_SERVER")) : ("--server", option);
        if (url is null || (option is null && url == "")) return null;
        return Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
            : throw CommandException.Usage($"{from}: '{url}' is not an address; give one such as {DefaultServer}.");
    }

    public void Dispose()
    {
        _http.Dispose();
        _provider.Dispose();
        _tokens.Dispose();
    }
}
