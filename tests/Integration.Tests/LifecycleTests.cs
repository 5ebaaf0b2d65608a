using System.Net;
using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>The life of scans in real processes: what a client sees, who goes first, and what survives.</summary>
public sealed class LifecycleTests
{
    private const string Prestartup = "PENDING__PRESTARTUP", Starting = "PENDING__WAITING_ON_SCANNER_SERVER_STARTUP",
        FirstPixel = "IN_PROGRESS__WAITING_ON_FIRST_PIXEL_RECO", Partial = "IN_PROGRESS__PARTIAL_RESULT_GENERATED", Final = "SCAN_HAS_FINAL_RESULT";

    // Short stages last long enough to be seen.
    private static readonly (string, string) Slow = ("SKYDRIVER_DUMMY_DELAY", "100ms");

    [Fact]
    public async Task States_OfNormalAbortedFailedAndRescannedScans()
    {
        using TemporaryFolder data = new();
        await using LocalService service = await LocalService.StartAsync(data.Path, Slow, ("SKYDRIVER_ENGINE_PER_REQUEST", "true"), ("SKYDRIVER_SERVER_START_DEADLINE", "20s"));
        // Nobody reports for this one.
        string failing = await service.RequestAsync("8:0", engine: "external", label: "failing");
        Task<List<string>> failed = service.StatesUntilAsync(failing, s => s.StartsWith("FAILED__", StringComparison.Ordinal));

        string lost = await service.RequestAsync("8:0", label: "replaced");
        List<string> replaced = await service.StatesUntilAsync(lost, s => s == Partial);
        using HttpResponseMessage rescan = await service.Http.PostAsync($"scan/{lost}/actions/rescan", new StringContent("""{"abort_first": true, "replace_scan": true}"""));
        Assert.Equal(HttpStatusCode.OK, rescan.StatusCode);
        string next = JsonDocument.Parse(await rescan.Content.ReadAsStringAsync()).RootElement.GetProperty("scan_id").GetString()!;
        AssertInOrder(await service.StatesUntilAsync(lost, s => s.StartsWith("ABORTED__", StringComparison.Ordinal), replaced), [Prestartup, Starting, FirstPixel, Partial, "ABORTED__PARTIAL_RESULT_GENERATED"], must: 2);
        using (HttpResponseMessage redirect = await service.Http.GetAsync($"scan/{lost}"))
            Assert.Equal((HttpStatusCode.Redirect, $"/scan/{next}"), (redirect.StatusCode, redirect.Headers.Location!.ToString()));
        // The new one runs like any other, and is aborted in the end.
        List<string> aborted = await service.StatesUntilAsync(next, s => s == Partial);
        await service.AbortAsync(next);
        AssertInOrder(await service.StatesUntilAsync(next, s => s.StartsWith("ABORTED__", StringComparison.Ordinal), aborted), [Prestartup, Starting, FirstPixel, Partial, "ABORTED__PARTIAL_RESULT_GENERATED"], must: 2);

        string normal = await service.RequestAsync("1:0 2:4", label: "normal");
        AssertInOrder(await service.StatesUntilAsync(normal, s => s == Final), [Prestartup, Starting, FirstPixel, Partial, Final], must: 3);
        await service.UntilCompleteAsync(normal);
        AssertInOrder(await failed, [Prestartup, Starting, "FAILED__PRESTARTUP"], must: 1);
        Assert.Contains("no scanner gave a sign of life", (await service.StatusAsync(failing)).GetProperty("failure").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Alert_FiftyScansWaiting_OvertakesThem()
    {
        using TemporaryFolder data = new();
        await using LocalService service = await LocalService.StartAsync(data.Path, ("SKYDRIVER_ENGINE_PER_REQUEST", "true"));
        // Made by scanners outside of this system, which do not hurry: so they keep their places without any load.
        List<string> scans = [];
        foreach (int[] some in Enumerable.Range(0, 58).Chunk(6))
            scans.AddRange(await Task.WhenAll(some.Select(i => service.RequestAsync("8:0", engine: "external", label: $"{i}"))));
        await service.UntilAsync(async () => await BacklogAsync() is { Length: 50 }, "eight run and fifty wait");
        string alert = await service.RequestAsync("1:0", priority: 100, label: "alert");
        await service.StatesUntilAsync(alert, s => s == Final);
        Assert.Equal(50, (await BacklogAsync()).Length);

        // And the others go on in their order: one ends, the first of those that wait takes its place.
        string[] waiting = await BacklogAsync();
        await service.AbortAsync(scans.Except(waiting).First());
        await service.UntilAsync(async () => (await BacklogAsync()).SequenceEqual(waiting.Skip(1)), "the oldest one starts");

        async Task<string[]> BacklogAsync() => [.. (await service.GetAsync("scans/backlog")).GetProperty("entries").EnumerateArray()
            .Where(e => e.GetProperty("pending_timestamp").ValueKind is JsonValueKind.Null).Select(e => e.GetProperty("scan_id").GetString()!)];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EverythingKilled_StartedAgainOnTheSameData_TheScanCompletesWithTheSameResult(bool inTheMiddle)
    {
        const string Nsides = "1:0 2:12 4:12";
        using TemporaryFolder data = new();
        string scan;
        await using (LocalService doomed = await LocalService.StartAsync(data.Path, Slow))
        {
            scan = await doomed.RequestAsync(Nsides, label: "disturbed");
            if (inTheMiddle) await doomed.StatesUntilAsync(scan, s => s == Partial);
            await doomed.KillEverythingAsync();
        }

        await using LocalService service = await LocalService.StartAsync(data.Path);
        string undisturbed = await service.RequestAsync(Nsides, label: "undisturbed");
        foreach (string id in new[] { undisturbed, scan })
        {
            await service.StatesUntilAsync(id, s => s == Final);
            await service.UntilCompleteAsync(id);
        }

        Assert.Equal(await service.MapAsync(undisturbed), await service.MapAsync(scan));
    }

    /// <summary>Every state seen is one of those expected, in their order; a client that polls may miss short ones.</summary>
    /// <param name="must">How many of the last ones must have been seen.</param>
    private static void AssertInOrder(List<string> seen, string[] expected, int must)
    {
        Assert.Equal(expected.Where(seen.Contains), seen);
        Assert.Equal(expected.TakeLast(must), seen.TakeLast(must));
    }
}
