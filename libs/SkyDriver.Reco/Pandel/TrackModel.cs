using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>What a likelihood of first-pulse times assumes.</summary>
/// <param name="Sigma">Jitter, ns.</param>
/// <param name="ChargeCap">Most photons of one module that count; 1 takes every first pulse as if it were alone.</param>
/// <param name="LayeredIce">Scattering follows the measured layers instead of being the same everywhere.</param>
internal readonly record struct TrackModel(double Sigma, double ChargeCap = double.PositiveInfinity, bool LayeredIce = false)
{
    /// <summary>Power of the measured relative scattering that describes first-pulse times best; at full strength they are worse than with no layers.</summary>
    private const double LayerExponent = 0.3;

    /// <summary>First of N pulses.</summary>
    public static TrackModel Mpe { get; } = new(4);

    /// <summary>Every first pulse as if it were alone.</summary>
    public static TrackModel Spe { get; } = new(15, ChargeCap: 1);

    /// <summary>Photons of a module that count; a real number, at least 1.</summary>
    public double Photons(in ModuleHits hit) => Math.Max(1, Math.Min(hit.Charge, ChargeCap));

    /// <summary>Effective metres per metre of distance to a module.</summary>
    public double EffectiveSlope(in ModuleHits hit) =>
        LayeredIce ? BulkIce.EffectiveSlope * Elementary.Pow(BulkIce.RelativeScattering(hit.Z), LayerExponent) : BulkIce.EffectiveSlope;
}
