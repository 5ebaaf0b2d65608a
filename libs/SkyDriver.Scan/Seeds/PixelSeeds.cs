using SkyDriver.Reco;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>The fits of one pixel, to run them apart from a scan.</summary>
public static class PixelSeeds
{
    /// <summary>Every position variation, started as a scan's first round starts it: from the event's own vertex.</summary>
    public static IReadOnlyList<VariationSeed> Of(ScanPlan plan, Pixel pixel)
    {
        SeedMaker seeds = new(plan, []);
        LocalDirection direction = new LocalSkyTransform(plan.Event.Mjd).ToLocal(pixel.Centre);
        return [.. Enumerable.Range(0, plan.Variations).Select(posvar => seeds.Make(pixel, posvar, direction, plan.FallbackVertex with { Energy = double.NaN }))];
    }
}
