using System.Collections.Frozen;
using System.Globalization;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Products.Maps;

/// <summary>Limits measured with simulated events, half of which chose the numbers and half judged them; the only place of these numbers.</summary>
/// <remarks>
/// 300 tracks of each of the simulator's sets A, B and C; docs/calibration.md. An algorithm without an entry does not offer the set
/// <c>calibrated</c>. Choices in a name (<c>-layered</c>) make another algorithm, which was not measured.
/// </remarks>
public static class CalibratedLevels
{
    private static readonly FrozenDictionary<string, Limits> Measured = new Dictionary<string, Limits>
    {
        ["pandel_mpe"] = new(2.70, 11.6, 2.15, 10.4),
        ["pandel_mpe_pointed"] = new(2.70, 11.6, 2.15, 10.4),
        ["pandel_spe"] = new(1.02, 4.5, 0.54, 2.2),
    }.ToFrozenDictionary();

    /// <summary>What an event's limits are scaled by; chosen by the events that chose the limits.</summary>
    private static readonly LevelScale Scale = new(QualityPower: 12, ChargePower: 0.5);

    /// <summary>The same limits for all events. Of the judging events of sets B and C they held 44 to 59 % and 84 to 93 %.</summary>
    public static LevelSet? Find(string recoAlgo) => Measured.TryGetValue(recoAlgo, out Limits? limits)
        ? new("calibrated", limits.Fifty, limits.Ninety, "simulated tracks of sets B and C, the same for all events")
        : null;

    /// <summary>Limits for one event, by how well its times fit and how bright it is: they held 45 to 57 % and 87 to 92 %.</summary>
    /// <param name="recoAlgo">The algorithm's name.</param>
    /// <param name="llh">−ln L at the best fit.</param>
    /// <param name="modules">With cleaned pulses.</param>
    /// <param name="charge">Of the cleaned pulses, photo-electrons.</param>
    /// <returns>Null where nothing was measured for the algorithm, or the event has no modules.</returns>
    public static LevelSet? ForEvent(string recoAlgo, double llh, int modules, double charge)
    {
        if (!Measured.TryGetValue(recoAlgo, out Limits? limits) || modules <= 0 || !(llh > 0) || !(charge > 0)) return null;
        double scale = Scale.Of(llh, modules, charge);
        return new(
            "calibrated-event", limits.ScaledFifty * scale, limits.ScaledNinety * scale,
            string.Create(CultureInfo.InvariantCulture, $"simulated tracks of sets B and C, times {scale:0.00} for this event's light"));
    }

    private sealed record Limits(double Fifty, double Ninety, double ScaledFifty, double ScaledNinety);
}
