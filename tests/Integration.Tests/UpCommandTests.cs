using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SkyDriver.Integration.Tests;

public sealed class UpCommandTests
{
    private static readonly string Track = Path.Combine(TestPaths.Repository, "examples", "track.json");

    [Fact]
    public async Task Up_WhenReady_ServesScansAndEndsCleanly()
    {
        using TemporaryFolder data = new(), output = new();
        using SkyDriverProcess up = SkyDriverProcess.Start("up", "--port", "0", "--data", data.Path);
        string address = (await up.LineWithAsync("SkyDriver is ready at")).Split(' ')[^1];
        using HttpClient http = new() { BaseAddress = new Uri(address + "/") };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("healthz/ready")).StatusCode);

        (int exitCode, string document, string errors) = await SkyDriverProcess.RunAsync("scan", Track, "--server", address, "--reco-algo", "dummy", "--nsides", "1:0", "2:12", "--workers", "1", "--out", output.Path, "--json");
        Assert.True(exitCode == 0, errors);
        JsonElement scan = JsonDocument.Parse(document).RootElement;
        string scanId = scan.GetProperty("scan_id").GetString()!;

        // The first generation's routes show the same scan.
        JsonElement manifest = JsonDocument.Parse(await http.GetStringAsync($"scan/manifest/{scanId}")).RootElement;
        Assert.True(manifest.GetProperty("complete").GetBoolean());
        Assert.Equal(JsonValueKind.Object, manifest.GetProperty("event_i3live_json_dict").ValueKind);
        JsonElement result = JsonDocument.Parse(await http.GetStringAsync($"scan/result/{scanId}")).RootElement;
        Assert.True(result.GetProperty("is_final").GetBoolean());
        string query = $"scans?run_id={scan.GetProperty("run_id")}&event_id={scan.GetProperty("event_id")}&is_real_event=False";
        Assert.Contains(scanId, JsonDocument.Parse(await http.GetStringAsync(query)).RootElement.GetProperty("scan_ids").EnumerateArray().Select(s => s.GetString()));

        int[] family = ProcessTable.Below(up.Id);
        Assert.NotEmpty(family);
        up.TerminateNow();
        Assert.Equal(0, await up.ExitAsync());
        await Until.HoldsAsync(() => !family.Any(ProcessTable.IsRunning), "every process it started ends");
    }

    [Fact]
    public async Task Up_PortInUse_SaysWhatToDo()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using TemporaryFolder data = new();
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync("up", "--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--data", data.Path);
        Assert.Equal(2, exitCode);
        Assert.Contains($"{port} is in use", errors);
    }
}
