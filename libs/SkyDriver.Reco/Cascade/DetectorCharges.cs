using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Cascade;

/// <summary>The modules whose charges count, hit or not: the hit ones first, then the dark ones of the standard strings.</summary>
internal sealed class DetectorCharges
{
    /// <summary>Coordinate (m) of what only fills the last vector: farther than any light gets.</summary>
    private const double Nowhere = 1e5;

    public DetectorCharges(IReadOnlyList<ModuleHits> hits)
    {
        var seen = hits.Select(hit => (hit.String, hit.Om)).ToHashSet();
        Module[] dark = [.. DetectorGeometry.Modules.Where(module => module.String <= DetectorGeometry.LastStandardString && !seen.Contains((module.String, module.Om)))];
        (HitCount, Count) = (hits.Count, hits.Count + dark.Length);
        int padded = FirstPulse.Padded(Count);
        (X, Y, Z) = (new double[padded], new double[padded], new double[padded]);
        (Charge, Constant, IsHit) = (new double[padded], new double[padded], new double[padded]);
        Array.Fill(X, Nowhere);
        for (int i = 0; i < hits.Count; i++)
        {
            (X[i], Y[i], Z[i]) = (hits[i].X, hits[i].Y, hits[i].Z);
            (Charge[i], Constant[i], IsHit[i]) = (hits[i].Charge, ChargeLaw.Constant(hits[i].Charge), 1);
        }

        double darkConstant = ChargeLaw.Constant(0);
        for (int i = hits.Count; i < Count; i++)
        {
            Module module = dark[i - hits.Count];
            (X[i], Y[i], Z[i], Constant[i]) = (module.X, module.Y, module.Z, darkConstant);
        }
    }

    public int Count { get; }

    public int HitCount { get; }

    /// <summary>m; as the other columns, filled up to whole vectors.</summary>
    public double[] X { get; }

    /// <summary>m.</summary>
    public double[] Y { get; }

    /// <summary>m.</summary>
    public double[] Z { get; }

    /// <summary>Photo-electrons.</summary>
    public double[] Charge { get; }

    /// <summary><see cref="ChargeLaw.Constant"/> of the charge.</summary>
    public double[] Constant { get; }

    /// <summary>1 for modules with pulses, 0 for the others.</summary>
    public double[] IsHit { get; }
}
