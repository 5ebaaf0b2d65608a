namespace SkyDriver.Products.Maps;

/// <summary>Limits in 2ΔlnL whose regions are said to hold the true direction with 50 % and 90 % probability.</summary>
/// <param name="Name">Named in every product, because regions of different sets must not be compared.</param>
/// <param name="Delta50">2ΔlnL to the best fit, above 0.</param>
/// <param name="Delta90">Above <paramref name="Delta50"/>.</param>
/// <param name="Origin">Where the numbers come from, in a few words.</param>
public sealed record LevelSet(string Name, double Delta50, double Delta90, string Origin)
{
    /// <summary>Two free parameters and a right model (Wilks' theorem).</summary>
    public static LevelSet Wilks { get; } = new("wilks", 1.39, 4.61, "right model assumed");

    /// <summary>Re-simulations of one alert, IC160427A, with ice variations; customary for real events, and borrowed for these algorithms.</summary>
    public static LevelSet Alert { get; } = new("alert", 22.2, 64.2, "IC160427A calibration");

    /// <summary>Every name there is; <see cref="Offered"/> says which of them an algorithm has.</summary>
    public static IReadOnlyList<string> Names { get; } = ["alert", "calibrated", "simulated", "wilks"];

    /// <summary>
    /// Quantiles of simulated tracks, of showers for the algorithm that fits showers, and of starting events for the one that fits those (there the upper
    /// edges of their errors, as 20 events chose them); null for algorithms that were not measured.
    /// </summary>
    public static LevelSet? Simulated(string recoAlgo) => recoAlgo switch
    {
        "pandel_mpe" => new("simulated", 3.5, 13, "simulated tracks, in poorly known ice"),
        "pandel_spe" => new("simulated", 1.4, 6, "simulated tracks, in poorly known ice"),
        "pandel_mpe-shower" or "pandel_mpe_pointed-shower" => new("simulated", 5.5, 19, "simulated starting events, in poorly known ice"),
        "cascade_pandel" => new("simulated", 4.4, 17, "simulated showers, in poorly known ice"),
        _ => null,
    };

    /// <summary>The sets that an algorithm has, by name.</summary>
    public static IReadOnlyList<LevelSet> Offered(string recoAlgo) => [.. Names.Select(name => Find(name, recoAlgo)).OfType<LevelSet>()];

    /// <summary>Null when there is no such set, or none for this algorithm.</summary>
    public static LevelSet? Find(string name, string recoAlgo) => name switch
    {
        "wilks" => Wilks,
        "alert" => Alert,
        "simulated" => Simulated(recoAlgo),
        "calibrated" => CalibratedLevels.Find(recoAlgo),
        _ => null,
    };

    /// <summary>What is customary: <see cref="Alert"/> for events of the detector; for simulated ones what was measured with simulated ones.</summary>
    /// <remarks>
    /// Every algorithm that was measured was too sure of itself by <see cref="Wilks"/>, so one that was not is not trusted with it either: it gets the
    /// widest there is.
    /// </remarks>
    public static LevelSet Default(bool isRealEvent, string recoAlgo) =>
        isRealEvent ? Alert : CalibratedLevels.Find(recoAlgo) ?? Simulated(recoAlgo) ?? Alert;
}
