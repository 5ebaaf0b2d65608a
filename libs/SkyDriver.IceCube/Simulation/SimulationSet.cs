namespace SkyDriver.IceCube.Simulation;

/// <summary>How far the simulated detector and ice are from the model that reconstructions fit with.</summary>
/// <param name="EfficiencySpread">Standard deviation of ln(module efficiency).</param>
/// <param name="ScatteringMean">Scattering relative to <see cref="Ice.BulkIce"/>.</param>
/// <param name="LayerExponent">Power of the measured relative scattering at the module's height; 0 = no layers.</param>
/// <param name="ScatteringSpread">Standard deviation of ln(scattering), module to module.</param>
/// <param name="Jitter">Time resolution, ns.</param>
/// <param name="StochasticFraction">Part of a muon's radiative light that comes from discrete showers.</param>
/// <param name="BackwardDelay">Effective metres added to light that leaves a shower backwards, per unit of 1 − cos.</param>
/// <param name="LargestTrackEnergy">GeV.</param>
public sealed record SimulationSet(
    string Name, double EfficiencySpread, double ScatteringMean, double LayerExponent, double ScatteringSpread, double Jitter,
    double StochasticFraction, double BackwardDelay, double LargestTrackEnergy)
{
    /// <summary>GeV, of tracks and cascades.</summary>
    public const double SmallestEnergy = 1e4;

    /// <summary>GeV.</summary>
    public const double LargestCascadeEnergy = 2e5;

    /// <summary>The fitted model itself: coverage of contours must come out as Wilks' theorem says.</summary>
    public static readonly SimulationSet A = new("A", 0, 1, 0, 0, 4, 0, 5, 1e5);

    /// <summary>Nominal.</summary>
    public static readonly SimulationSet B = new("B", 0.10, 0.85, 0.3, 0.15, 2, 0.45, 5, 2e5);

    /// <summary>Poorly known ice.</summary>
    public static readonly SimulationSet C = new("C", 0.25, 0.85, 0.6, 0.30, 3, 0.60, 8, 2e5);

    public static IReadOnlyList<SimulationSet> All { get; } = [A, B, C];

    /// <param name="name">A, B or C, in either case.</param>
    public static bool TryGet(string name, out SimulationSet? set)
    {
        set = All.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return set is not null;
    }
}
