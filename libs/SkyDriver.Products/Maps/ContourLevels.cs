namespace SkyDriver.Products.Maps;

/// <summary>Limits in 2ΔlnL that stand for 50 % and 90 % of the probability.</summary>
/// <param name="Name">Named in every product, because regions of different sets must not be compared.</param>
public sealed record ContourLevels(string Name, string Explanation, double Fifty, double Ninety)
{
    /// <summary>Two free parameters and a right model (Wilks' theorem).</summary>
    public static ContourLevels Wilks { get; } = new("wilks", "right model assumed", 1.39, 4.61);

    /// <summary>Re-simulations of one alert, IC160427A, with ice variations; customary for real events, and borrowed for these algorithms.</summary>
    public static ContourLevels Alert { get; } = new("alert", "IC160427A calibration", 22.2, 64.2);

    public static IReadOnlyList<string> Names { get; } = ["alert", "simulated", "wilks"];

    /// <summary>Quantiles of simulated tracks in poorly known ice.</summary>
    public static ContourLevels Simulated(string recoAlgo) => recoAlgo == "pandel_spe"
        ? new("simulated", "simulated tracks, in poorly known ice", 1.4, 6)
        : new("simulated", "simulated tracks, in poorly known ice", 3.5, 13);

    /// <summary>What is customary: <see cref="Alert"/> for events of the detector, <see cref="Simulated"/> for simulated ones.</summary>
    public static ContourLevels Default(bool isRealEvent, string recoAlgo) => isRealEvent ? Alert : recoAlgo.Contains("dummy") ? Wilks : Simulated(recoAlgo);

    public static ContourLevels? Find(string name, string recoAlgo) => name switch
    {
        "wilks" => Wilks,
        "alert" => Alert,
        "simulated" => Simulated(recoAlgo),
        _ => null,
    };
}
