using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube.Ice;

/// <summary>Light in homogeneous South Pole ice: how far it scatters, how late it arrives, how much of it is seen. Lengths m, times ns.</summary>
/// <remarks>
/// Constants of the time density: J. Ahrens et al. (AMANDA), NIM A 524 (2004) 169. Photon yields: the analytic flux used with muon
/// energy estimators, R. Abbasi et al., NIM A 703 (2013) 190; shower emission cf. L. Raedel, C. Wiebusch, Astropart. Phys. 38 (2012) 53.
/// </remarks>
public static class BulkIce
{
    /// <summary>Vacuum speed of light, m/ns.</summary>
    public const double SpeedOfLight = 0.299792458;
    public const double PhaseIndex = 1.3195;
    public const double GroupIndex = 1.35634;

    /// <summary>cos θ_C = 1 / phase index.</summary>
    public const double CosCherenkov = 1 / PhaseIndex;
    public const double SinCherenkov = 0.652413929734606;

    /// <summary>K: metres of track time per metre of distance, n_group / sin θ_C − cot θ_C.</summary>
    public const double CherenkovDelay = GroupIndex / SinCherenkov - CosCherenkov / SinCherenkov;

    /// <summary>τ of the Pandel density, ns.</summary>
    public const double PandelTau = 557;
    public const double ScatteringLength = 33.3;
    public const double AbsorptionLength = 98;

    /// <summary>ρ: rate of the Pandel density, 1/ns.</summary>
    public const double PandelRate = 1 / PandelTau + SpeedOfLight / GroupIndex / AbsorptionLength;

    /// <summary>Metres of effective distance per metre of distance; the rest of the effective distance is <see cref="EffectiveOffset"/>.</summary>
    public const double EffectiveSlope = 0.84;

    /// <summary>Photo-electrons of a module per unit of line yield, for a particle that shines <see cref="MuonLightConstant"/> + slope · E.</summary>
    public const double MuonLightScale = 55;
    public const double MuonLightConstant = 1.22;

    /// <summary>Per GeV, continuous and stochastic light together.</summary>
    public const double MuonLightSlope = 1.36e-3;

    /// <summary>Photo-electrons · m² per GeV of shower energy (5.3 m of bare track per GeV).</summary>
    public const double ShowerLight = 291.5;

    private static readonly double Zeta = Elementary.Exp(-ScatteringLength / AbsorptionLength);

    /// <summary>λ_c, m: scale between unscattered and diffuse light.</summary>
    public static readonly double DiffusionLength = ScatteringLength / (3 * Zeta);

    /// <summary>λ_p, m: propagation length of diffuse light.</summary>
    public static readonly double PropagationLength = Math.Sqrt(AbsorptionLength * ScatteringLength / 3);

    /// <summary>λ_μ, m: as <see cref="DiffusionLength"/>, for a line source.</summary>
    public static readonly double LineLength =
        DiffusionLength * DiffusionLength * 2 / (SinCherenkov * SinCherenkov * Math.PI * PropagationLength);

    private static readonly double[] Scattering = [.. ResourceTable.Rows("scattering_relative.csv", columns: 2).Select(row => row[1])];
    private const double ScatteringBottom = -600, ScatteringStep = 10;

    /// <summary>a₀: effective distance (m) of light that hits the module at once.</summary>
    /// <param name="eta">z component of the photon direction; +1 hits the downward cathode head-on.</param>
    public static double EffectiveOffset(double eta) => 3.1 - 3.9 * eta + 4.6 * eta * eta;

    /// <summary>f_μ, 1/m: light of a bare infinite track at distance <paramref name="d"/>; below 1 m as at 1 m.</summary>
    public static double LineYield(double d)
    {
        d = Math.Max(d, 1);
        return Elementary.Exp(-d / PropagationLength)
            / (2 * Math.PI * SinCherenkov * Math.Sqrt(LineLength * d) * Elementary.Tanh(Math.Sqrt(d / LineLength)));
    }

    /// <summary>f_pt, 1/m²: light of a point source at distance <paramref name="r"/>; below 1 m as at 1 m.</summary>
    public static double PointYield(double r)
    {
        r = Math.Max(r, 1);
        return Elementary.Exp(-r / PropagationLength) / (4 * Math.PI * DiffusionLength * r * Elementary.Tanh(r / DiffusionLength));
    }

    /// <summary>acc: relative sensitivity for light of vertical direction <paramref name="eta"/> from <paramref name="d"/> metres away.</summary>
    public static double CathodeAcceptance(double eta, double d) => 1 + 0.5 * eta * Elementary.Exp(-d / 60);

    /// <summary>Angular profile of unscattered shower light, not normalised; peaks at the Cherenkov angle.</summary>
    /// <param name="cosAngle">Cosine between the shower's direction and the line to the module.</param>
    public static double ShowerProfile(double cosAngle) =>
        4.27033 * Elementary.Exp(-6.02527 * Elementary.Pow(Math.Abs(cosAngle - CosCherenkov), 0.29887)) - 0.00103;

    /// <summary>g: emission of a shower relative to an isotropic source, from sharp (near) to nearly flat (far).</summary>
    public static double ShowerEmission(double cosAngle, double r)
    {
        double sharp = Elementary.Exp(-r / (1.5 * ScatteringLength));
        return sharp * ShowerProfile(cosAngle) / 0.0803765911 + (1 - sharp) * (1 + 0.45 * cosAngle);
    }

    /// <summary>Scattering strength at height <paramref name="z"/> (m) relative to its mean over |z| &lt; 520 m; the ends hold beyond ±600 m.</summary>
    public static double RelativeScattering(double z)
    {
        double place = Math.Clamp((z - ScatteringBottom) / ScatteringStep, 0, Scattering.Length - 1);
        int below = Math.Min((int)place, Scattering.Length - 2);
        return Scattering[below] + (place - below) * (Scattering[below + 1] - Scattering[below]);
    }
}
