namespace SkyDriver.Reco;

/// <summary>What a reconstruction found for one <see cref="VariationSeed"/>.</summary>
/// <param name="Llh">−ln L, smaller is better; NaN when the fit failed.</param>
/// <param name="EnergyInside">GeV deposited inside the detector; NaN when the algorithm has no estimate.</param>
/// <param name="EnergyTotal">GeV deposited in all; NaN when the algorithm has no estimate.</param>
/// <param name="X">m, a point the particle passes.</param>
/// <param name="Y">m.</param>
/// <param name="Z">m.</param>
/// <param name="Time">ns, when it passes that point.</param>
/// <param name="Energy">GeV of the particle; NaN when the algorithm has no estimate.</param>
/// <param name="Failure">Why the fit failed, null when it did not.</param>
public readonly record struct RecoFit(
    double Llh, double EnergyInside, double EnergyTotal, double X, double Y, double Z, double Time, double Energy, string? Failure)
{
    /// <summary>A failed fit: every number is NaN.</summary>
    public static RecoFit Failed(string reason) =>
        new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, reason);
}
