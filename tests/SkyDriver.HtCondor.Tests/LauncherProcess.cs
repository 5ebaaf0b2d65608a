using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.HtCondor.Tests;

/// <summary>The launcher and a sidecar as processes of their own, found by one another as in production.</summary>
internal sealed class LauncherProcess : IAsyncDisposable
{
    private readonly TestPool _pool;
    private readonly HttpClient _http;
    private readonly Process _sidecar;
    private LauncherProgram? _launcher;

    public LauncherProcess(TestPool pool, params (string Name, string Value)[] metadata)
    {
        _pool = pool;
        Sockets = Directory.CreateDirectory(Path.Combine(pool.Folder, "sock")).FullName;
        string resources = Directory.CreateDirectory(Path.Combine(pool.Folder, "resources")).FullName;
        File.WriteAllText(Path.Combine(resources, "workers.yaml"), ComponentYaml.Binding("workers-htcondor", "bindings.htcondor", pool.Metadata(metadata)));
        int port = FreePort.Take();
        _http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(120) };
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "skydriver-sidecar.dll"), "--app-id", "app", "--dapr-http-port", port.ToString(CultureInfo.InvariantCulture), "--dapr-grpc-port", "0", "--resources-path", resources])
        {
            WorkingDirectory = pool.Folder,
        };
        start.Environment.Remove("SIDECAR_HOST_SOCKET");
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = Sockets;
        Start();
        _sidecar = Process.Start(start)!;
    }

    public string Sockets { get; }

    public void Start() => _launcher = new(Path.Combine(AppContext.BaseDirectory, "skydriver-htcondor.dll"), Sockets, _pool.Folder);

    /// <summary>SIGKILL, for the launcher alone.</summary>
    public Task KillLauncherAsync() => _launcher!.KillAsync();

    public Task ReadyAsync() => Until.HoldsAsync(async () =>
    {
        if (_sidecar.HasExited) Assert.Fail($"The sidecar ended with {_sidecar.ExitCode}.");
        try
        {
            return (await _http.GetAsync("/v1.0/healthz")).StatusCode == HttpStatusCode.NoContent;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }, "the sidecar is ready");

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(string operation, object data)
    {
        using StringContent body = new(JsonSerializer.Serialize(new { operation, data }), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _http.PostAsync("/v1.0/bindings/workers-htcondor", body);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> InvokeAsync(string operation, object data)
    {
        (HttpStatusCode status, string body) = await SendAsync(operation, data);
        Assert.True(status == HttpStatusCode.OK, body);
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        _sidecar.Kill(entireProcessTree: true);
        await _sidecar.WaitForExitAsync();
        if (_launcher is not null) await _launcher.DisposeAsync();
        _sidecar.Dispose();
        _http.Dispose();
    }
}
