using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Coverage;

/// <summary>How often the truth was inside calibrated limits, in events that did not choose them.</summary>
/// <param name="Count">Events; the error of a share p is √(p (1 − p) / count).</param>
public sealed record CoverageCheck(string Set, string Algorithm, int Count, double Inside50, double Inside90);

/// <summary>Limits of one algorithm, in scaled 2 ΔlnL.</summary>
public sealed record CalibratedLimits(string Algorithm, double Delta50, double Delta90);

/// <summary>A way to calibrate, with limits from the events of odd seeds of the chosen sets, and how it does on those of even seeds of all.</summary>
/// <param name="Misfit">χ² of both shares over sets and algorithms, in the events that gave the limits: whether one limit suits all sets.</param>
public sealed record Calibration(
    string Name, LevelScale? Scale, IReadOnlyList<CalibratedLimits> Limits, double Misfit, IReadOnlyList<CoverageCheck> Checks)
{
    /// <summary>Sets whose truths the limits must hold; A is the fitted model itself and only looked at.</summary>
    private static readonly string[] Chosen = ["B", "C"];

    private static readonly double[] QualityPowers = [0, 4, 8, 10, 12, 14, 16, 20, 24], ChargePowers = [0, 0.25, 0.5, 0.75, 1];
    private static readonly double[] FloorsDeg = [0.05, 0.1, 0.2, 0.3];

    /// <summary>All ways that were tried, the one of least misfit first. Its choice has not seen an event of an even seed.</summary>
    /// <exception cref="ArgumentException">A set has too few events for a calibration.</exception>
    public static IReadOnlyList<Calibration> Try(IReadOnlyList<CoverageTrial> trials)
    {
        const int fewest = 20;
        foreach (string set in Chosen)
        {
            if (trials.Count(trial => trial.Set == set) is var count and < fewest)
                throw new ArgumentException($"Set {set} has {count} events; a calibration takes at least {fewest} of each of {string.Join(" and ", Chosen)}.", nameof(trials));
        }

        var tried = new List<Calibration>();
        foreach (double quality in QualityPowers)
        {
            foreach (double charge in ChargePowers)
            {
                LevelScale scale = new(quality, charge);
                string name = scale == LevelScale.One ? "the same limits for all" : FormattableString.Invariant($"quality^{quality} charge^{charge}");
                tried.Add(Judge(name, scale, trials, (trial, fit) => fit.Q / scale.Of(fit.Llh, trial.Modules, trial.Charge)));
            }
        }

        bool hasEllipses = trials.Any(trial => trial.Fits.Any(fit => double.IsFinite(fit.Major)));
        foreach (double floor in hasEllipses ? FloorsDeg : [])
            tried.Add(Judge(FormattableString.Invariant($"error floor {floor}°"), null, trials, (_, fit) => WithFloor(fit, double.DegreesToRadians(floor))));
        return [.. tried.OrderBy(calibration => calibration.Misfit)];
    }

    /// <summary>Share of truths inside limits that are said to hold a share of them, from 0 to 1 in steps of 5 %.</summary>
    /// <param name="trials">The trials that <see cref="Try"/> was given.</param>
    /// <param name="scale">Null for the limits that would be right if the model were; else those that the other half of the events gave.</param>
    /// <param name="set">Whose truths are counted.</param>
    /// <param name="algorithm">Whose fits.</param>
    public static IReadOnlyList<(double Stated, double Measured)> Curve(IReadOnlyList<CoverageTrial> trials, LevelScale? scale, string set, string algorithm)
    {
        double[] Values(Func<CoverageTrial, bool> which) =>
        [
            .. trials.Where(which).SelectMany(trial => trial.Fits.Where(fit => fit.Algorithm == algorithm).Select(fit => fit.Q / (scale ?? LevelScale.One).Of(fit.Llh, trial.Modules, trial.Charge))).Order(),
        ];
        double[] choosing = scale is null ? [] : Values(trial => Chosen.Contains(trial.Set) && trial.Seed % 2 == 1);
        double[] judged = Values(trial => trial.Set == set && (scale is null || trial.Seed % 2 == 0));
        var curve = new List<(double, double)>();
        for (int step = 0; step <= 20; step++)
        {
            double stated = step / 20.0;
            double limit = step == 20 ? double.PositiveInfinity : scale is null ? -2 * Elementary.Log(1 - stated) : CoverageTable.Quantile(choosing, stated);
            curve.Add((stated, step == 0 ? 0 : Share(judged, limit)));
        }

        return curve;
    }

    /// <summary>2 ΔlnL as if a common error had been added to the event's own ellipse.</summary>
    private static double WithFloor(CoverageFit fit, double floor)
    {
        double along = fit.AlongMajor * fit.AlongMajor, across = fit.AlongMinor * fit.AlongMinor;
        double narrow = along / (fit.Major * fit.Major) + across / (fit.Minor * fit.Minor);
        double wide = along / (fit.Major * fit.Major + floor * floor) + across / (fit.Minor * fit.Minor + floor * floor);
        return double.IsFinite(narrow) && narrow > 0 ? fit.Q * wide / narrow : fit.Q;
    }

    private static Calibration Judge(string name, LevelScale? scale, IReadOnlyList<CoverageTrial> trials, Func<CoverageTrial, CoverageFit, double> scaled)
    {
        var limits = new List<CalibratedLimits>();
        var checks = new List<CoverageCheck>();
        double misfit = 0;
        foreach (string algorithm in trials.SelectMany(trial => trial.Fits).Select(fit => fit.Algorithm).Distinct().Order(StringComparer.Ordinal))
        {
            double[] Values(bool chooses, Func<string, bool> sets) =>
            [
                .. trials.Where(trial => sets(trial.Set) && trial.Seed % 2 == 1 == chooses)
                    .SelectMany(trial => trial.Fits.Where(fit => fit.Algorithm == algorithm).Select(fit => scaled(trial, fit))).Order(),
            ];
            double[] choosing = Values(true, Chosen.Contains);
            CalibratedLimits limit = new(algorithm, CoverageTable.Quantile(choosing, 0.5), CoverageTable.Quantile(choosing, 0.9));
            limits.Add(limit);
            misfit += Chosen.Sum(set => ChiSquare(Check(set, limit, Values(true, other => other == set))));
            checks.AddRange(trials.Select(trial => trial.Set).Distinct().Order(StringComparer.Ordinal).Select(set => Check(set, limit, Values(false, other => other == set))));
        }

        return new Calibration(name, scale, limits, misfit, checks);
    }

    private static CoverageCheck Check(string set, CalibratedLimits limit, double[] values) => new(
        set, limit.Algorithm, values.Length, Share(values, limit.Delta50), Share(values, limit.Delta90));

    private static double Share(double[] values, double limit) => values.Length == 0 ? double.NaN : (double)values.Count(value => value < limit) / values.Length;

    private static double ChiSquare(CoverageCheck check) => Square(check.Inside50 - 0.5) * check.Count / 0.25 + Square(check.Inside90 - 0.9) * check.Count / 0.09;

    private static double Square(double x) => x * x;
}
