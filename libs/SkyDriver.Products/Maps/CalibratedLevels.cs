using System.Collections.Frozen;

namespace SkyDriver.Products.Maps;

/// <summary>Limits measured with simulated events, half of which chose the numbers and half judged them; the only place of these numbers.</summary>
/// <remarks>An algorithm without an entry does not offer the set <c>calibrated</c>.</remarks>
public static class CalibratedLevels
{
    private static readonly FrozenDictionary<string, (double Delta50, double Delta90, string Origin)> Measured =
        new Dictionary<string, (double, double, string)>().ToFrozenDictionary();

    public static LevelSet? Find(string recoAlgo) =>
        Measured.TryGetValue(recoAlgo, out var limits) ? new("calibrated", limits.Delta50, limits.Delta90, limits.Origin) : null;
}
