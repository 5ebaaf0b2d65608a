using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>What people who run the services see of them, in real processes.</summary>
public sealed class ObservabilityTests(ObservedService observed) : IClassFixture<ObservedService>
{
    private const string Api = "skydriver-api", Orchestrator = "skydriver-orchestrator", Scanner = "skydriver-scanner", Worker = "skydriver-worker";

    [Fact]
    public async Task Traces_OfAWholeScan_AreOneFromTheRequestToTheWorkerAndBack()
    {
        SentSpan[] spans = [];
        await observed.Service.UntilAsync(() =>
        {
            spans = [.. observed.Collector.Spans];
            return Task.FromResult(Has(Worker, "reconstruct batch") && Has(Scanner, "record reconstructions") && Has(Scanner, "ScanActor.RecordRecos") && Has(Orchestrator, "activity Notify"));
        }, "the last spans arrive");
        SentSpan request = Assert.Single(spans, s => s is { Service: Api, Name: "POST /scan" });
        Assert.Equal("", request.Parent);
        SentSpan[] scan = [.. spans.Where(s => s.Trace == request.Trace)];

        // Every step is there, by the service that takes it, and each hangs on the one that caused it.
        Assert.Contains(scan, s => s is { Service: Orchestrator, Name: "POST /lifecycles/{scanId}" } && s.Parent == request.Id);
        Assert.Contains(scan, s => s is { Service: Orchestrator, Name: "activity OpenScan" });
        SentSpan open = scan.First(s => s is { Service: Scanner, Name: "ScanActor.Open" });
        SentSpan[] published = [.. scan.Where(s => s is { Service: Scanner, Name: "publish pixels" })];
        SentSpan[] batches = [.. scan.Where(s => s is { Service: Worker, Name: "reconstruct batch" })];
        Assert.All(published, s => Assert.Equal(open.Id, s.Parent));
        Assert.All(batches, s => Assert.Contains(s.Parent, published.Select(p => p.Id)));
        SentSpan[] recorded = [.. scan.Where(s => s is { Service: Scanner, Name: "record reconstructions" })];
        Assert.All(recorded, s => Assert.Contains(s.Parent, batches.Select(b => b.Id)));
        Assert.Contains(scan, s => s is { Service: Scanner, Name: "ScanActor.RecordRecos" } && recorded.Any(r => r.Id == s.Parent));
        Assert.Empty(spans.Where(s => s.Trace != request.Trace && s.Name is "publish pixels" or "reconstruct batch").Except(scan));

        // One for each batch, none for each pixel.
        int variations = batches.Sum(b => int.Parse(b.Attributes["skydriver.variations"], System.Globalization.CultureInfo.InvariantCulture));
        int pixels = JsonDocument.Parse(await observed.Service.MapAsync(observed.ScanId)).RootElement.EnumerateObject().Where(m => m.Name.StartsWith("nside-", StringComparison.Ordinal)).Sum(m => m.Value.GetProperty("data").GetArrayLength());
        Assert.True(variations >= pixels && pixels > 100, $"{variations} of {pixels}");
        Assert.InRange(scan.Length, 8, pixels - 1);
        Assert.All(batches, b => Assert.Equal(observed.ScanId, b.Attributes["skydriver.scan_id"]));
        Assert.DoesNotContain(spans, s => s.Name.Contains("healthz") || s.Name.Contains("metrics"));

        bool Has(string service, string name) => spans.Any(s => s.Service == service && s.Name == name);
    }

    [Fact]
    public void Logs_OfAWholeScan_AreJsonWithItsIdAndWithoutSecrets()
    {
        string log = observed.Log;
        JsonElement[] lines = [.. log.Split('\n').Select(line => line.IndexOf("{\"time\":", StringComparison.Ordinal) is >= 0 and int at ? JsonSerializer.Deserialize<JsonElement>(line[at..]) : default).Where(line => line.ValueKind is JsonValueKind.Object)];
        Assert.Contains(lines, line => line.GetProperty("category").GetString() == "SkyDriver.Scanner.ScanActor" && Scan(line) == observed.ScanId && line.TryGetProperty("trace_id", out _));
        Assert.Contains(lines, line => line.GetProperty("level").GetString() == "information");
        Assert.DoesNotContain(ObservedService.WorkerKey, log);
        Assert.DoesNotContain("skw1.", log);

        static string? Scan(JsonElement line) => line.TryGetProperty("scan_id", out JsonElement id) ? id.GetString() : null;
    }

    [Fact]
    public async Task Metrics_OfTheRestService_CountTheScanAndNameNobody()
    {
        string text = await observed.Service.Http.GetStringAsync("metrics");
        PrometheusPage page = PrometheusPage.Parse(text);
        Assert.True(page.Sum("skydriver_scans_requested_total") >= 1);
        Assert.True(page.Value("skydriver_http_request_seconds_count", "method=\"POST\",route=\"/scan\",code=\"200\"") >= 1);
        Assert.DoesNotContain(observed.ScanId, text);
    }

    [Fact]
    public async Task Doctor_HealthyServices_SaysOkAndNamesEveryPart()
    {
        (int exitCode, string output, string errors) = await DoctorAsync("--json");
        Assert.True(exitCode == 0, output + errors);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.Equal("ok", report.GetProperty("state").GetString());
        string[] checks = [.. report.GetProperty("checks").EnumerateArray().Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("service").GetString()}".TrimEnd())];
        string[] expected =
        [
            "api", $"sidecar {Api}", $"store {Api}", $"broker {Api}", $"sidecar {Orchestrator}", $"store {Orchestrator}", $"scheduler local {Orchestrator}",
            $"sidecar {Scanner}", $"store {Scanner}", $"clock {Api}", $"clock {Orchestrator}", $"clock {Scanner}", "versions",
        ];
        Assert.Equal(expected.Order(), checks.Order());
        Assert.EndsWith("\nOK\n", (await DoctorAsync()).Output);
    }

    [Fact]
    public async Task Doctor_LauncherAndScannerHang_SaysWhichAndWhatHelps()
    {
        int up = observed.Service.ProcessId, launcher = ProcessTable.Below(up, "skydriver-local-workers.dll"), scanner = ProcessTable.Below(up, "skydriver-scanner.dll");
        ProcessTable.Freeze(launcher, true);
        ProcessTable.Freeze(scanner, true);
        try
        {
            (int exitCode, string output, string errors) = await DoctorAsync();
            Assert.True(exitCode == 1, output + errors);
            Assert.Contains("FAILED", output.Split('\n').Single(l => l.Contains($"scheduler local of {Orchestrator} ") && l.Contains("did not answer")));
            Assert.Contains("FAILED", output.Split('\n').Single(l => l.Contains($"service of {Scanner} ") && !l.StartsWith("service", StringComparison.Ordinal)));
            Assert.Contains($"service of {Scanner}: Is {Scanner} running", output);
            Assert.Contains("docs/htcondor.md", output);
            Assert.EndsWith("2 checks failed\n", output);
        }
        finally
        {
            ProcessTable.Freeze(launcher, false);
            ProcessTable.Freeze(scanner, false);
        }
    }

    [Fact]
    public async Task Doctor_NobodyThere_SaysSo()
    {
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync("doctor", "--server", "http://127.0.0.1:1");
        Assert.True(exitCode == 5, output + errors);
        Assert.Contains("127.0.0.1:1", errors);
    }

    [Fact]
    public async Task Up_ComponentsThatLoseWork_ServicesRefuseAndNameFileAndKey()
    {
        using TemporaryFolder data = new(), components = new();
        foreach (string file in Directory.GetFiles(Path.Combine(TestPaths.Repository, "components", "local-memory"))) File.Copy(file, Path.Combine(components.Path, Path.GetFileName(file)));
        string store = Path.Combine(components.Path, "statestore.yaml");
        File.WriteAllText(store, File.ReadAllText(store).Replace("value: \"name\"", "value: \"appid\""));
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync("up", "--port", "0", "--data", data.Path, "--components", components.Path);
        Assert.True(exitCode == 1, errors);
        Assert.Contains($"{store}: keyPrefix is 'appid'; it must be name, as all services read the same keys.", errors);
    }

    private async Task<(int ExitCode, string Output, string Errors)> DoctorAsync(params string[] options)
    {
        using SkyDriverProcess doctor = SkyDriverProcess.Start([new("SKYDRIVER_SERVER", observed.Service.Http.BaseAddress!.ToString()), new("SKYDRIVER_TOKEN", "")], ["doctor", .. options]);
        return (await doctor.ExitAsync(), doctor.Output, doctor.Errors);
    }
}
