using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Coverage;

/// <summary>By what 2 ΔlnL of an event is divided before it is compared with limits: how badly the model fits, and how much light there is.</summary>
/// <remarks>
/// (−ln L at the minimum / modules / 6.5) to one power times (charge / 1500) to another. Where the ice is not as assumed, first-pulse times fit
/// worse, and the same 2 ΔlnL means less; a bright event tells small directions apart by light whose errors the model does not know.
/// Neither looks at the direction.
/// </remarks>
/// <param name="QualityPower">Of −ln L per module.</param>
/// <param name="ChargePower">Of the charge.</param>
public sealed record LevelScale(double QualityPower, double ChargePower)
{
    /// <summary>Typical of the events it was made with, so that their scale is about 1.</summary>
    public const double TypicalQuality = 6.5, TypicalCharge = 1500;

    /// <summary>Beyond what simulated events showed nothing is known; the scale stays there.</summary>
    public const double Least = 0.2, Greatest = 20;

    /// <summary>No scale: the same limits for all events.</summary>
    public static LevelScale One { get; } = new(0, 0);

    /// <param name="llh">−ln L at the minimum.</param>
    /// <param name="modules">With cleaned pulses.</param>
    /// <param name="charge">Of the cleaned pulses, photo-electrons.</param>
    public double Of(double llh, int modules, double charge) => Math.Clamp(
        Elementary.Pow(llh / modules / TypicalQuality, QualityPower) * Elementary.Pow(charge / TypicalCharge, ChargePower), Least, Greatest);
}
