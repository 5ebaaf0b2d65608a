using System.Text.Json;

namespace SkyDriver.Contracts;

/// <summary>How a scan stands, in one word for people and scripts. Derived from its manifest, in one place.</summary>
/// <remarks>
/// Old clients know these words and match their beginnings. <c>FAILED__</c> is ours: elsewhere a scan whose launch was
/// given up stays pending for ever.
/// </remarks>
public static class ScanState
{
    public const string HasFinalResult = "SCAN_HAS_FINAL_RESULT";

    private const string PartialResult = "PARTIAL_RESULT_GENERATED";
    private const string FirstPixel = "WAITING_ON_FIRST_PIXEL_RECO";
    private const string ServerStartup = "WAITING_ON_SCANNER_SERVER_STARTUP";
    private const string Prestartup = "PRESTARTUP";

    public static string Of(ScanManifest manifest) =>
        manifest.Lifecycle.HasFinalResult ? HasFinalResult : $"{Prefix(manifest)}__{Base(manifest)}";

    private static string Base(ScanManifest manifest) => manifest switch
    {
        { Progress.ValueKind: JsonValueKind.Object } => HasRate(manifest.Progress.Value) ? PartialResult : FirstPixel,
        { Lifecycle.Phase: ScanPhase.Launching or ScanPhase.Scanning } or { CondorClusters.Count: > 0 } => ServerStartup,
        _ => Prestartup,
    };

    private static string Prefix(ScanManifest manifest) => manifest.Lifecycle switch
    {
        { Phase: ScanPhase.Failed } or { Failure: not null } => "FAILED",
        { EwmsDeactivated: { } word } => word,
        // Records of old had no word for it.
        _ when manifest.Complete => "STOPPED",
        _ => manifest.Progress is { ValueKind: JsonValueKind.Object } ? "IN_PROGRESS" : "PENDING",
    };

    private static bool HasRate(JsonElement progress) =>
        progress.TryGetProperty("processing_stats", out JsonElement stats) && stats.ValueKind is JsonValueKind.Object
        && stats.TryGetProperty("rate", out JsonElement rate) && rate.ValueKind is JsonValueKind.Object && rate.EnumerateObject().Any();
}
