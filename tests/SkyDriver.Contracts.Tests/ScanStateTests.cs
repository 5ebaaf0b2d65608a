using System.Text.Json;

namespace SkyDriver.Contracts.Tests;

public class ScanStateTests
{
    private const string None = "null", Empty = """{"processing_stats": {"rate": {}}}""", Rate = """{"processing_stats": {"rate": {"average": "1"}}}""", Bare = "{}";

    [Theory]
    [InlineData(ScanPhase.Requested, None, null, false, "PENDING__PRESTARTUP")]
    [InlineData(ScanPhase.Backlogged, None, null, false, "PENDING__PRESTARTUP")]
    [InlineData(ScanPhase.Launching, None, null, false, "PENDING__WAITING_ON_SCANNER_SERVER_STARTUP")]
    [InlineData(ScanPhase.Scanning, None, null, false, "PENDING__WAITING_ON_SCANNER_SERVER_STARTUP")]
    [InlineData(ScanPhase.Scanning, Bare, null, false, "IN_PROGRESS__WAITING_ON_FIRST_PIXEL_RECO")]
    [InlineData(ScanPhase.Scanning, Empty, null, false, "IN_PROGRESS__WAITING_ON_FIRST_PIXEL_RECO")]
    [InlineData(ScanPhase.Scanning, Rate, null, false, "IN_PROGRESS__PARTIAL_RESULT_GENERATED")]
    [InlineData(ScanPhase.Requested, None, "ABORTED", false, "ABORTED__PRESTARTUP")]
    [InlineData(ScanPhase.Aborting, Rate, "ABORTED", false, "ABORTED__PARTIAL_RESULT_GENERATED")]
    [InlineData(ScanPhase.Stopped, Empty, "ABORTED", true, "ABORTED__WAITING_ON_FIRST_PIXEL_RECO")]
    [InlineData(ScanPhase.Done, Rate, "FINISHED", true, "FINISHED__PARTIAL_RESULT_GENERATED")]
    [InlineData(ScanPhase.Stopped, Rate, null, true, "STOPPED__PARTIAL_RESULT_GENERATED")]
    [InlineData(ScanPhase.Failed, None, null, true, "FAILED__PRESTARTUP")]
    [InlineData(ScanPhase.Failed, Rate, "FINISHED", true, "FAILED__PARTIAL_RESULT_GENERATED")]
    [InlineData(ScanPhase.Failed, Empty, "ABORTED", true, "FAILED__WAITING_ON_FIRST_PIXEL_RECO")]
    public void Of_Manifest_IsDerivedByTheTable(string phase, string progress, string? deactivated, bool complete, string expected)
    {
        ScanManifest manifest = Manifest(phase, progress, deactivated, complete);
        Assert.Equal(expected, ScanState.Of(manifest));
        Assert.Equal(expected, ScanState.Of(manifest with { IsDeleted = true }));
        Assert.Equal("SCAN_HAS_FINAL_RESULT", ScanState.Of(manifest with { IsDeleted = true, Lifecycle = manifest.Lifecycle with { HasFinalResult = true } }));
    }

    [Fact]
    public void Of_WorkersWereAskedFor_TheServerIsAwaitedWhateverThePhase() => Assert.Equal(
        "ABORTED__WAITING_ON_SCANNER_SERVER_STARTUP",
        ScanState.Of(Manifest(ScanPhase.Stopped, None, "ABORTED", true) with { CondorClusters = [new("c", "s", 1, 5)] }));

    [Fact]
    public void Of_FailureIsNotedBeforeThePhaseIs_SaysSoAlready() =>
        Assert.Equal("FAILED__PRESTARTUP", ScanState.Of(new ScanManifest { ScanId = "a", Lifecycle = new() { Phase = ScanPhase.TearingDown, EwmsDeactivated = "FINISHED", Failure = "no quota" } }));

    [Theory]
    [InlineData("""{"processing_stats": null}""")]
    [InlineData("""{"processing_stats": {"rate": "fast"}}""")]
    [InlineData("""{"processing_stats": {}}""")]
    public void Of_StrangeProgress_IsProgressWithoutARate(string progress) =>
        Assert.Equal("IN_PROGRESS__WAITING_ON_FIRST_PIXEL_RECO", ScanState.Of(Manifest(ScanPhase.Scanning, progress, null, complete: false)));

    private static ScanManifest Manifest(string phase, string progress, string? deactivated, bool complete)
    {
        JsonElement report = JsonSerializer.Deserialize<JsonElement>(progress);
        return new()
        {
            ScanId = "a",
            Complete = complete,
            Progress = report.ValueKind is JsonValueKind.Null ? null : report,
            Lifecycle = new() { Phase = phase, EwmsDeactivated = deactivated },
        };
    }
}
