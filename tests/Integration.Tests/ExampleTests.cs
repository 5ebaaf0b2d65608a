using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>The programs under examples/ against a service of this machine.</summary>
[Collection(nameof(RunningService))]
public sealed class ExampleTests(RunningService service)
{
    private static readonly KeyValuePair<string, string>[] Quick = [new("RECO_ALGO", "dummy"), new("NSIDES", "1:0 2:12"), new("WORKERS", "1")];

    private static string CSharp => TestPaths.Built("SkyDriver.Examples", "skydriver-examples.dll");

    [Fact]
    public async Task Shell_ScanOneThenMonitorAndDownload()
    {
        using TemporaryFolder folder = new();
        string output = await GoodAsync(Shell("scan_one.sh"), "examples/track.json", folder["one.json"]);
        string scan = output.Split('\n')[0].Split(' ')[1];
        Assert.Contains($"{scan}: SCAN_HAS_FINAL_RESULT", output);
        AssertIsResult(scan, folder["one.json"]);
        Assert.StartsWith($"{scan}: SCAN_HAS_FINAL_RESULT", await GoodAsync(Shell("monitor.sh"), scan));
        await GoodAsync(Shell("download_result.sh"), scan, folder["again.json"]);
        Assert.Equal(await File.ReadAllBytesAsync(folder["one.json"]), await File.ReadAllBytesAsync(folder["again.json"]));
    }

    [Fact]
    public async Task Shell_ScanMany_KeepsEveryResult()
    {
        using TemporaryFolder folder = new();
        await GoodAsync(Shell("scan_many.sh"), folder.Path, "examples/track.json", "examples/cascade.json");
        string[] files = Directory.GetFiles(folder.Path);
        Assert.Equal(2, files.Length);
        foreach (string file in files) AssertIsResult(Path.GetFileNameWithoutExtension(file), file);
    }

    [Fact]
    public async Task Shell_ServiceRefuses_SaysWhyAndFails()
    {
        (int exitCode, _, string errors) = await service.RunProgramAsync(Shell("scan_one.sh"), [.. Quick, new("RECO_ALGO", "no_such_algorithm")], "examples/track.json");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("reco_algo", errors);
    }

    [Fact]
    public async Task Shell_UnknownScan_Fails()
    {
        Assert.NotEqual(0, (await service.RunProgramAsync(Shell("monitor.sh"), Quick, "nosuchscan")).ExitCode);
        Assert.NotEqual(0, (await service.RunProgramAsync(Shell("download_result.sh"), Quick, "nosuchscan")).ExitCode);
        Assert.False(File.Exists(Path.Combine(TestPaths.Repository, "nosuchscan.json")));
    }

    [Fact]
    public async Task CSharp_EachExample_RunsAndShowsTheScan()
    {
        using TemporaryFolder folder = new();
        string output = await GoodAsync("dotnet", CSharp, "scan_one", "examples/track.json");
        string scan = output.Split('\n').Single(l => l.StartsWith("scan ", StringComparison.Ordinal)).Split(' ')[1];
        Assert.Contains("nside-1: 12 pixels", output);
        Assert.Contains($"{scan} ended", await GoodAsync("dotnet", CSharp, "monitor", scan));
        await GoodAsync("dotnet", CSharp, "download_result", scan, folder["result.json"]);
        AssertIsResult(scan, folder["result.json"]);
        output = await GoodAsync("dotnet", CSharp, "scan_many", "examples/track.json", "examples/cascade.json");
        Assert.Equal(2, output.Split('\n').Count(l => l.EndsWith("SCAN_HAS_FINAL_RESULT", StringComparison.Ordinal)));
    }

    private static string Shell(string name) => Path.Combine(TestPaths.Repository, "examples", "shell", name);

    private static void AssertIsResult(string scan, string file)
    {
        JsonElement result = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
        Assert.Equal(scan, result.GetProperty("scan_id").GetString());
        Assert.True(result.GetProperty("is_final").GetBoolean());
        Assert.Equal(12, result.GetProperty("skyscan_result").GetProperty("nside-1").GetProperty("data").GetArrayLength());
    }

    private async Task<string> GoodAsync(string program, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await service.RunProgramAsync(program, Quick, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}\n{errors}");
        return output;
    }
}
