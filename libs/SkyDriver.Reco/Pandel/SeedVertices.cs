using SkyDriver.IceCube;

namespace SkyDriver.Reco.Pandel;

/// <summary>Where track fits start when nothing better is known.</summary>
internal static class SeedVertices
{
    /// <summary>A few very bright modules must not hold the start of all fits.</summary>
    private const double MostCharge = 50;

    /// <summary>The vertex stored with a starting event; else the charge-weighted mean of position and time of the cleaned hits.</summary>
    public static Vertex Of(IceCubeEvent ev)
    {
        if (ev.SelfVetoVertex is { } stored) return stored;
        var (x, y, z) = MeanPosition(ev.CleanedHits, MostCharge);
        double time = Mean(ev.CleanedHits, MostCharge, hit => hit.FirstTime);
        return new Vertex(x, y, z, time, double.NaN);
    }

    /// <summary>m, weighted with the charge, at most <paramref name="mostCharge"/> of a module; the origin for no charge at all.</summary>
    public static (double X, double Y, double Z) MeanPosition(IReadOnlyList<ModuleHits> hits, double mostCharge) =>
        (Mean(hits, mostCharge, hit => hit.X), Mean(hits, mostCharge, hit => hit.Y), Mean(hits, mostCharge, hit => hit.Z));

    private static double Mean(IReadOnlyList<ModuleHits> hits, double mostCharge, Func<ModuleHits, double> quantity)
    {
        double sum = 0, weights = 0;
        foreach (ModuleHits hit in hits)
        {
            double weight = Math.Clamp(hit.Charge, 0, mostCharge);
            sum += weight * quantity(hit);
            weights += weight;
        }

        return weights > 0 ? sum / weights : 0;
    }
}
