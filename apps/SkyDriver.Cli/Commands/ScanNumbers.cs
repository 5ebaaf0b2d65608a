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
