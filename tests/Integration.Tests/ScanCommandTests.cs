using System.Text.Json;
using SkyDriver.Scan;

namespace SkyDriver.Integration.Tests;

/// <summary>The whole path in real processes: command, sidecar, services, workers, files.</summary>
public sealed class ScanCommandTests
{
    private static readonly string Track = Path.Combine(TestPaths.Repository, "examples", "track.json");
    private static readonly string[] Small = ["--reco-algo", "dummy", "--nsides", "1:0", "2:12", "4:12", "--json"];

    [Fact]
    public async Task Scan_OfTheExample_WritesEverythingAndSaysWhere()
    {
        using TemporaryFolder folder = new();
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync(["scan", Track, "--out", folder.Path, .. Small]);
        Assert.True(exitCode == 0, errors);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        string[] files = [.. document.GetProperty("files").EnumerateArray().Select(f => f.GetString()!)];
        Assert.Equal(17, files.Length);
        Assert.All(files, file => Assert.True(new FileInfo(file).Length > 300, file));
        Assert.Equal(Directory.GetFiles(folder.Path).Order(), files.Order());
        SkyScanResult result = SkyScanResult.FromNpz(new MemoryStream(await File.ReadAllBytesAsync(files.Single(f => f.EndsWith(".npz", StringComparison.Ordinal)))));
        Assert.True(result.Metadata!.Complete);
        Assert.Equal([1, 2, 4], result.Nsides.Select(n => n.Nside));
        Assert.Equal(12, result.Nsides[0].Count);
        Assert.Equal(result.PixelCount, document.GetProperty("pixels").GetInt64());
        Assert.Equal(result.BestFit!.Value.Llh, document.GetProperty("best_fit").GetProperty("llh").GetDouble());
        Assert.True(document.GetProperty("areas_deg2").GetProperty("90").GetDouble() >= document.GetProperty("areas_deg2").GetProperty("50").GetDouble());
    }

    [Fact]
    public async Task Scan_AnyNumberOfWorkersAndAnyStore_SameBytes()
    {
        using TemporaryFolder one = new(), four = new();
        string memory = Path.Combine(TestPaths.Repository, "components", "local-memory");
        (int first, _, string errors) = await SkyDriverProcess.RunAsync(["scan", Track, "--out", one.Path, "--workers", "1", .. Small]);
        Assert.True(first == 0, errors);
        (int second, _, errors) = await SkyDriverProcess.RunAsync(["scan", Track, "--out", four.Path, "--workers", "4", "--components", memory, .. Small]);
        Assert.True(second == 0, errors);
        string name = Path.GetFileName(Assert.Single(Directory.GetFiles(one.Path, "*.npz")));
        Assert.Equal(await File.ReadAllBytesAsync(one[name]), await File.ReadAllBytesAsync(four[name]));
    }

    [Fact]
    public async Task Scan_WorkerKilledInTheMiddle_StillTheSameBytes()
    {
        using TemporaryFolder undisturbed = new(), disturbed = new(), data = new();
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync(["scan", Track, "--out", undisturbed.Path, .. Small]);
        Assert.True(exitCode == 0, errors);
        using SkyDriverProcess scan = SkyDriverProcess.Start(["scan", Track, "--out", disturbed.Path, "--data", data.Path, "--workers", "2", .. Small]);
        int[] workers = [];
        await Until.HoldsAsync(() => scan.HasExited || (workers = ProcessTable.Find("skydriver-worker.dll", "SKYDRIVER_SCAN_ID").Where(id => ProcessTable.IsBelow(id, scan.Id)).ToArray()).Length > 0, "a worker starts");
        Assert.NotEmpty(workers);
        ProcessTable.Kill(workers[0]);
        Assert.True(await scan.ExitAsync() == 0, scan.Errors);
        string name = Path.GetFileName(Assert.Single(Directory.GetFiles(undisturbed.Path, "*.npz")));
        Assert.Equal(await File.ReadAllBytesAsync(undisturbed[name]), await File.ReadAllBytesAsync(disturbed[name]));
    }

    [Fact]
    public async Task Scan_Interrupted_LeavesNoProcessAndNoFile()
    {
        using TemporaryFolder folder = new(), data = new();
        using SkyDriverProcess scan = SkyDriverProcess.Start("scan", Track, "--out", folder.Path, "--data", data.Path, "--reco-algo", "pandel_mpe", "--nsides", "32:0");
        int[] workers = [];
        await Until.HoldsAsync(() => scan.HasExited || (workers = [.. ProcessTable.Find("skydriver-worker.dll", "SKYDRIVER_SCAN_ID").Where(id => ProcessTable.IsBelow(id, scan.Id))]).Length > 0, "a worker starts");
        int[] family = ProcessTable.Below(scan.Id);
        Assert.True(family.Length >= 5, "services and workers run below the command");
        scan.InterruptNow();
        Assert.Equal(130, await scan.ExitAsync());
        await Until.HoldsAsync(() => !family.Any(ProcessTable.IsRunning), "every process it started ends");
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Scan_BadInput_SaysEverythingAtOnceAndStartsNothing()
    {
        using TemporaryFolder folder = new();
        string broken = folder["broken.json"];
        await File.WriteAllTextAsync(broken, "{\"value\": ");
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync("scan", broken, "--reco-algo", "splinempe", "--nsides", "8:0", "9:12", "--workers", "0", "--out", folder["out"]);
        Assert.Equal(2, exitCode);
        Assert.Equal("", output);
        foreach (string word in new[] { "broken.json", "'splinempe'", "pandel_mpe", "nside 9", "--workers" }) Assert.Contains(word, errors);
        Assert.DoesNotContain("   at SkyDriver", errors);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("scan", "no-such-file.json")]
    [InlineData("scan")]
    [InlineData("plot", "x.npz", "--levels", "five-sigma")]
    [InlineData("fly")]
    public async Task Commands_WrongUse_ExitCodeTwo(params string[] arguments)
    {
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.NotEqual("", errors);
    }

    [Fact]
    public async Task Scan_ServerThatIsNotThere_ExitCodeFive()
    {
        using TemporaryFolder folder = new();
        (int exitCode, _, string errors) = await SkyDriverProcess.RunAsync("scan", Track, "--server", "http://127.0.0.1:9", "--out", folder.Path);
        Assert.Equal(5, exitCode);
        Assert.Contains("http://127.0.0.1:9", errors);
    }
}
