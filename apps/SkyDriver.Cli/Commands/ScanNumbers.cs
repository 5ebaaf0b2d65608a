using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Cli.Commands;

/// <summary>The few numbers of a manifest's progress that the bar shows; zero where it says nothing yet.</summary>
/// <param name="Done">Reconstructions that came back.</param>
/// <param name="Expected">Reconstructions decided on so far, or foreseen, whichever is more.</param>
internal sealed record ScanNumbers(long Done, long Expected, long PixelsDone, BestFitV1? BestFit, string Phase, string? Waiting)
{
    public static ScanNumbers Of(ScanManifest manifest)
    {
        JsonElement? overall = Find(manifest.Progress, "tallies", "overall");
        JsonElement? recos = Find(overall, "recos"), pixels = Find(overall, "pixels");
        long sent = Number(recos, "generated"), foreseen = Number(recos, "initial approximation total");
        BestFitV1? best = Find(manifest.Progress, "best_fit") is { ValueKind: JsonValueKind.Object } fit ? fit.Deserialize<BestFitV1>(ContractJson.Options) : null;
        return new(Number(recos, "done"), Math.Max(sent, foreseen), Number(pixels, "done"), best, manifest.Lifecycle.Phase, manifest.Lifecycle.Waiting);
    }

    /// <summary>How many variations failed for good, and why the first of them did; null when none did.</summary>
    public static string? SetAside(ScanManifest manifest)
    {
        if (manifest.Lifecycle.SetAside == 0) return null;
        JsonElement? first = Find(manifest.Progress, "set_aside", "reasons") is { ValueKind: JsonValueKind.Array } reasons && reasons.GetArrayLength() > 0 ? reasons[0] : null;
        string why = Find(first, "reason")?.GetString() is { } reason ? $"; nside {Number(first, "nside")}, pixel {Number(first, "ipix")}: {reason}" : "";
        return $"{manifest.Lifecycle.SetAside} variations{why}";
    }

    /// <summary>A member of a member; null where any of them is missing.</summary>
    public static JsonElement? Find(JsonElement? element, params string[] path)
    {
        foreach (string name in path)
        {
            element = element is { ValueKind: JsonValueKind.Object } here && here.TryGetProperty(name, out JsonElement value) ? value : null;
        }

        return element;
    }

    private static long Number(JsonElement? element, string name) => Find(element, name) is { ValueKind: JsonValueKind.Number } number ? (long)number.GetDouble() : 0;
}
