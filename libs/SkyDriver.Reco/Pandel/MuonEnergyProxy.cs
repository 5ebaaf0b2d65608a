using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;

namespace SkyDriver.Reco.Pandel;

/// <summary>Energy of a muon from the light along its track: observed charge over the light a bare track would have made.</summary>
/// <remarks>
/// All modules of the standard strings within 150 m count, hit or not. The scale was set on one event and is uncertain by a factor of 2
/// (see the constants of <see cref="BulkIce"/>); form: R. Abbasi et al., NIM A 703 (2013) 190.
/// </remarks>
internal sealed class MuonEnergyProxy
{
    private const double Reach = 150;
    private readonly Module[] _modules;
    private readonly double[] _charges;

    public MuonEnergyProxy(IReadOnlyList<ModuleHits> hits)
    {
        _modules = [.. DetectorGeometry.Modules.Where(module => module.String <= DetectorGeometry.LastStandardString)];
        var charge = hits.ToDictionary(hit => (hit.String, hit.Om), hit => hit.Charge);
        _charges = Array.ConvertAll(_modules, module => charge.GetValueOrDefault((module.String, module.Om)));
    }

    /// <summary>GeV; 0 for less light than a minimum-ionising track makes, NaN where no module is within reach.</summary>
    /// <param name="frame">Direction of the track.</param>
    /// <param name="u">m, along the first transverse axis.</param>
    /// <param name="v">m, along the second transverse axis.</param>
    public double Estimate(in TrackFrame frame, double u, double v)
    {
        double seen = 0, bare = 0;
        for (int i = 0; i < _modules.Length; i++)
        {
            ref readonly Module module = ref _modules[i];
            double d1 = frame.First(module.X, module.Y) - u, d2 = frame.Second(module.X, module.Y, module.Z) - v;
            double square = d1 * d1 + d2 * d2;
            if (square >= Reach * Reach) continue;
            seen += _charges[i];
            bare += BulkIce.LineYield(Math.Sqrt(square));
        }

        return bare > 0 ? Math.Max(0, (seen / bare / BulkIce.MuonLightScale - BulkIce.MuonLightConstant) / BulkIce.MuonLightSlope) : double.NaN;
    }
}
