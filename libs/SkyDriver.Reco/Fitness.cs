using SkyDriver.IceCube;

namespace SkyDriver.Reco;

/// <summary>What an event must have before anything is fitted to it.</summary>
internal static class Fitness
{
    private const int LeastModules = 5;

    /// <summary>Why the hits cannot be fitted, or null when they can.</summary>
    public static string? WhyNot(IReadOnlyList<ModuleHits> hits)
    {
        if (hits.Count < LeastModules) return $"too few modules: {hits.Count} have cleaned pulses, {LeastModules} are needed";
        foreach (ModuleHits hit in hits)
        {
            if (!double.IsFinite(hit.X + hit.Y + hit.Z + hit.FirstTime + hit.Charge))
                return $"module ({hit.String}, {hit.Om}) has a position, time or charge that is not finite";
        }

        return null;
    }
}
