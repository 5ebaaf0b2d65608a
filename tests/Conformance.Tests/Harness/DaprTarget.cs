using System.Globalization;
using System.Net;
using System.Text.Json;
using Dapr.Client;
using SkyDriver.Conformance.Tests;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Run;

[assembly: AssemblyFixture(typeof(DaprTarget))]

namespace SkyDriver.Conformance.Tests;

/// <summary>
/// The Dapr that the suites talk to, and the one app behind it: an embedded sidecar, started once, or any Dapr that started this process
/// as its app (<c>DAPR_HTTP_ENDPOINT</c> and <c>DAPR_GRPC_ENDPOINT</c>, or the ports, and <c>APP_PORT</c>).
/// </summary>
public sealed class DaprTarget : IAsyncLifetime
{
    public const string AppId = "conformance";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Embedded? _embedded;
    private readonly HashSet<string> _components = new(StringComparer.Ordinal);

    public DaprTarget()
    {
        (string Http, string Grpc, int AppPort)? external = FromEnvironment();
        _embedded = external is null ? new Embedded() : null;
        AppPort = external?.AppPort ?? _embedded!.AppPort;
        HttpEndpoint = external?.Http ?? "";
        GrpcEndpoint = external?.Grpc ?? "";
    }

    public bool IsEmbedded => _embedded is not null;

    /// <summary>Dapr's own runtime, which differs where the embedded one does more than it promises.</summary>
    public bool IsDaprd { get; private set; }

    public int AppPort { get; }

    public string HttpEndpoint { get; private set; }

    public string GrpcEndpoint { get; private set; }

    /// <summary>Towards the HTTP API.</summary>
    public HttpClient Http { get; } = new() { Timeout = Patience };

    public DaprClient Client { get; private set; } = null!;

    internal DaprGrpc Grpc { get; private set; } = null!;

    internal ConformanceApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (_embedded is not null) (HttpEndpoint, GrpcEndpoint) = await _embedded.StartAsync();
        Http.BaseAddress = new Uri(HttpEndpoint);
        if (Environment.GetEnvironmentVariable("DAPR_API_TOKEN") is { Length: > 0 } token) Http.DefaultRequestHeaders.Add("dapr-api-token", token);
        Grpc = new DaprGrpc(GrpcEndpoint);
        Client = new DaprClientBuilder().UseHttpEndpoint(HttpEndpoint).UseGrpcEndpoint(GrpcEndpoint).Build();
        using CancellationTokenSource deadline = new(Patience);
        await Client.WaitForSidecarAsync(deadline.Token);
        await ReadMetadataAsync();
        App = await ConformanceApp.StartAsync(AppPort, HttpEndpoint, GrpcEndpoint, _components);
        await Until.HoldsAsync(async () => (await Http.GetAsync("/v1.0/healthz")).StatusCode is HttpStatusCode.NoContent, "the sidecar is ready");
    }

    public async ValueTask DisposeAsync()
    {
        // The app goes last: its sidecar lets what is under way come to an end.
        if (_embedded is not null) await _embedded.DisposeAsync();
        if (App is not null) await App.DisposeAsync();
        Client?.Dispose();
        Grpc?.Dispose();
        Http.Dispose();
    }

    /// <summary>Skips the test where the component is not loaded, as its server is not there.</summary>
    public void Needs(string component) =>
        Assert.SkipUnless(_components.Contains(component), $"the target has no component {component}: it needs a server, see CONFORMANCE_* in the README");

    /// <summary>Skips the test on a Dapr that this process did not start.</summary>
    /// <param name="why">What is needed that such a target does not offer.</param>
    public void EmbeddedOnly(string why) => Assert.SkipUnless(IsEmbedded, $"embedded sidecar only: {why}");

    private static (string Http, string Grpc, int AppPort)? FromEnvironment()
    {
        string? http = Endpoint("DAPR_HTTP_ENDPOINT", "DAPR_HTTP_PORT"), grpc = Endpoint("DAPR_GRPC_ENDPOINT", "DAPR_GRPC_PORT");
        if (http is null && grpc is null) return null;
        bool hasPort = int.TryParse(Environment.GetEnvironmentVariable("APP_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        return http is not null && grpc is not null && hasPort ? (http, grpc, port) : throw new InvalidOperationException(
            "For a Dapr that is running already, set DAPR_HTTP_ENDPOINT, DAPR_GRPC_ENDPOINT and APP_PORT, as 'dapr run --app-id conformance --app-port N' does; for the embedded sidecar, none of them.");
    }

    private static string? Endpoint(string endpoint, string port) =>
        Environment.GetEnvironmentVariable(endpoint) is { Length: > 0 } given ? given
        : Environment.GetEnvironmentVariable(port) is { Length: > 0 } number ? $"http://127.0.0.1:{number}"
        : null;

    private async Task ReadMetadataAsync()
    {
        using JsonDocument metadata = JsonDocument.Parse(await Http.GetStringAsync("/v1.0/metadata"));
        foreach (JsonElement component in metadata.RootElement.GetProperty("components").EnumerateArray()) _components.Add(component.GetProperty("name").GetString()!);
        IsDaprd = !IsEmbedded && metadata.RootElement.GetProperty("extended").TryGetProperty("daprRuntimeVersion", out _);
    }

    /// <summary>A sidecar within this process, with its files in a folder of its own.</summary>
    private sealed class Embedded : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("conformance-").FullName;
        private readonly SharedHost _host;
        private ISidecarInstance? _instance;

        public Embedded() => _host = SharedHost.Open(_folder);

        public int AppPort { get; } = FreePort.Take();

        public async Task<(string Http, string Grpc)> StartAsync()
        {
            foreach ((string name, string value) in Resources.Variables(AppPort)) Environment.SetEnvironmentVariable(name, value);
            InstanceOptions options = new() { AppId = AppId, AppPort = AppPort, ResourcePaths = Resources.Folders, ConfigFile = Resources.Configuration };
            _instance = await _host.AddAsync(options, CancellationToken.None);
            return (Loopback.Url(_instance.Ports.Http), Loopback.Url(_instance.Ports.Grpc));
        }

        public async ValueTask DisposeAsync()
        {
            if (_instance is not null) await _instance.DisposeAsync();
            await _host.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
