using System.CommandLine;
using System.Net;
using SkyDriver.Cli.Login;
using SkyDriver.Client;

namespace SkyDriver.Cli.Commands;

/// <summary>A client for the service a command works on, with the caller's login.</summary>
internal sealed class ServiceConnection : IDisposable
{
    public const string DefaultServer = "http://127.0.0.1:8080";

    private readonly HttpClient _http;
    private readonly HttpClient _provider = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly StoredTokens _tokens;

    private ServiceConnection(Uri server, TimeSpan? patience)
    {
        Server = server;
        // Time limits are the client's, per try and per body.
        _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All, ConnectTimeout = TimeSpan.FromSeconds(10) }) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        _tokens = new(CredentialFile.Default(), server, new(_provider, TimeProvider.System), TimeProvider.System);
        SkyDriverClientOptions options = new() { Tokens = Environment.GetEnvironmentVariable("SKYDRIVER_TOKEN") is { Length: > 0 } token ? new FixedToken(token) : _tokens };
        Client = new(_http, patience is { } given ? options with { Patience = given } : options);
    }

    public Uri Server { get; }

    public SkyDriverClient Client { get; }

    public static Option<string?> ServerOption() => new("--server") { Description = $"Address of the service [default: SKYDRIVER_SERVER, else {DefaultServer}].", HelpName = "URL" };

    public static ServiceConnection Open(Uri server, TimeSpan? patience = null) => new(server, patience);

    public static Uri AddressOf(string? given)
    {
        string url = given ?? (Environment.GetEnvironmentVariable("SKYDRIVER_SERVER") is { Length: > 0 } configured ? configured : DefaultServer);
        return Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
            : throw CommandException.Usage($"--server: '{url}' is not an address; give one such as {DefaultServer}.");
    }

    public void Dispose()
    {
        _http.Dispose();
        _provider.Dispose();
        _tokens.Dispose();
    }
}
