using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>A scan's whole life by the commands, in real processes.</summary>
[Collection(nameof(RunningService))]
public sealed class ServiceSessionTests(RunningService service)
{
    private static readonly string Track = Path.Combine(TestPaths.Repository, "examples", "track.json");

    [Fact]
    public async Task Session_FromRunToEvents_EachCommandTellsTheSameStory()
    {
        using TemporaryFolder folder = new();
        string scan = (await GoodAsync("scan", "run", Track, "--detach", "--reco-algo", "dummy", "--nsides", "1:0", "2:12", "--workers", "1", "--priority", "5")).Trim();
        Assert.Matches("^[0-9a-fx]+$", scan);

        Assert.Equal($"{scan} SCAN_HAS_FINAL_RESULT\n", await GoodAsync("scan", "watch", scan));
        string[] row = (await GoodAsync("scan", "list", "--run", "1", "--event", "1")).Split('\n').Single(l => l.Contains(scan)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([scan, "1", "1", "5", "100", "%", "SCAN_HAS_FINAL_RESULT"], [row[0], .. row[3..]]);
        Assert.Contains("run 1, event 1, MJD 60676.25000, simulated", await GoodAsync("scan", "show", scan));

        string[] files = (await GoodAsync("scan", "result", scan, "--out", folder.Path)).Trim().Split('\n');
        Assert.Equal(17, files.Length);
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(TestPaths.Repository, file)), file));
        string input = JsonDocument.Parse(await GoodAsync("scan", "show", scan, "--json")).RootElement.GetProperty("manifest").GetProperty("i3_event_id").GetString()!;
        Assert.All(["summary.json", "notice.DRAFT.json", "circular.DRAFT.txt", "contour_90.txt", "contours.geojson", "sky.svg", "zoom.png"], end => Assert.Contains(input, File.ReadAllText(Directory.GetFiles(folder.Path, "*" + end)[0])));
        JsonElement result = JsonDocument.Parse(await GoodAsync("scan", "result", scan, "--json")).RootElement;
        Assert.Equal(12, result.GetProperty("skyscan_result").GetProperty("nside-1").GetProperty("data").GetArrayLength());

        string[] events = (await GoodAsync("scan", "events", scan, "--jsonl")).Trim().Split('\n');
        Assert.Equal("ended", JsonDocument.Parse(events[^1]).RootElement.GetProperty("kind").GetString());
        long[] ids = [.. events.Select(e => JsonDocument.Parse(e).RootElement.GetProperty("id").GetInt64())];
        Assert.Equal(ids.Distinct().Order(), ids);
        Assert.NotEqual("", await GoodAsync("scan", "logs", scan));

        string again = (await GoodAsync("scan", "rescan", scan)).Trim();
        Assert.NotEqual(scan, again);
        Assert.Equal($"{again} SCAN_HAS_FINAL_RESULT\n", await GoodAsync("scan", "watch", again));
    }

    [Fact]
    public async Task Abort_OfARunningScan_WatchEndsWithCodeEightAndWorkersAreRefused()
    {
        string scan = (await GoodAsync("scan", "run", Track, "--detach", "--reco-algo", "pandel_mpe", "--nsides", "32:0", "--workers", "1")).Trim();
        using SkyDriverProcess watch = SkyDriverProcess.Start([new("SKYDRIVER_SERVER", service.Address)], "scan", "watch", scan, "--jsonl");
        await watch.LineWithAsync(scan);
        Assert.Equal($"{scan} aborted\n", await GoodAsync("scan", "abort", scan));
        Assert.True(await watch.ExitAsync() == 8, watch.Errors);
        Assert.Contains($"skydriver scan rescan {scan}", watch.Errors);
        (int exitCode, _, string errors) = await service.RunAsync("scan", "add-workers", scan, "2");
        Assert.True(exitCode == 6, errors);
        Assert.DoesNotContain(scan, await GoodAsync("scan", "list"));
        Assert.Contains("ABORTED__", (await GoodAsync("scan", "list", "--deleted")).Split('\n').Single(l => l.Contains(scan)));
    }

    [Fact]
    public async Task RunOnTheService_Interrupted_TheScanGoesOn()
    {
        using TemporaryFolder folder = new();
        using SkyDriverProcess run = SkyDriverProcess.Start([new("SKYDRIVER_SERVER", service.Address)], "scan", Track, "--reco-algo", "pandel_mpe", "--nsides", "32:0", "--workers", "1", "--out", folder.Path);
        await run.LineWithAsync(" requested");
        run.InterruptNow();
        Assert.Equal(130, await run.ExitAsync());
        string scan = run.Errors.Split("skydriver scan watch ")[1].Split('\'')[0];
        JsonElement shown = JsonDocument.Parse(await GoodAsync("scan", "show", scan, "--json")).RootElement;
        Assert.False(shown.GetProperty("status").GetProperty("is_deleted").GetBoolean());
        await GoodAsync("scan", "abort", scan);
    }

    private async Task<string> GoodAsync(params string[] arguments)
    {
        (int exitCode, string output, string errors) = await service.RunAsync(arguments);
        Assert.True(exitCode == 0, $"skydriver {string.Join(' ', arguments)} ended with {exitCode}: {errors}");
        return output;
    }
}
