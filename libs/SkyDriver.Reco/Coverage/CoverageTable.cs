namespace SkyDriver.Reco.Coverage;

/// <summary>What a set of trials says about one algorithm.</summary>
/// <param name="Psi50">Degrees that half of the fits are off by less than.</param>
/// <param name="Q50">Limit in 2 ΔlnL that holds half of the truths.</param>
/// <param name="InWilks50">Share of truths inside the limit that should hold half of them if the model were right.</param>
/// <param name="Missed">Fits in which the search ended in another minimum than a fit that began at the truth.</param>
/// <param name="Quality">Median −ln L per module.</param>
public sealed record CoverageRow(
    string Set, string Algorithm, int Count, double Psi50, double Psi68, double Psi90, double Q50, double Q90, double InWilks50, double InWilks90, int Missed, double Quality);

/// <summary>Numbers of a study by set and algorithm.</summary>
public static class CoverageTable
{
    private const double Wilks50 = 1.39, Wilks90 = 4.61;

    /// <summary>In −ln L; minimisers end within much less.</summary>
    private const double OtherMinimum = 0.05;

    public static IReadOnlyList<CoverageRow> Rows(IReadOnlyList<CoverageTrial> trials) =>
    [
        .. trials.SelectMany(trial => trial.Fits.Select(fit => (Trial: trial, Fit: fit))).GroupBy(pair => (pair.Trial.Set, pair.Fit.Algorithm))
            .OrderBy(group => group.Key.Set, StringComparer.Ordinal).ThenBy(group => group.Key.Algorithm, StringComparer.Ordinal)
            .Select(group => Row(group.Key.Set, group.Key.Algorithm, [.. group])),
    ];

    /// <summary>The value that a share of the others lies below, between neighbours by their distance.</summary>
    /// <param name="sorted">Ascending, at least one.</param>
    /// <param name="share">0 to 1.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        double place = share * (sorted.Count - 1);
        int below = Math.Min((int)place, Math.Max(0, sorted.Count - 2)), above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private static CoverageRow Row(string set, string algorithm, IReadOnlyList<(CoverageTrial Trial, CoverageFit Fit)> pairs)
    {
        double[] psi = [.. pairs.Select(pair => double.RadiansToDegrees(pair.Fit.Psi)).Order()], q = [.. pairs.Select(pair => pair.Fit.Q).Order()];
        double[] quality = [.. pairs.Select(pair => pair.Fit.Llh / pair.Trial.Modules).Order()];
        return new CoverageRow(
            set, algorithm, pairs.Count, Quantile(psi, 0.5), Quantile(psi, 0.68), Quantile(psi, 0.9), Quantile(q, 0.5), Quantile(q, 0.9),
            Share(q, Wilks50), Share(q, Wilks90), pairs.Count(pair => !(pair.Fit.SearchLlh <= pair.Fit.Llh + OtherMinimum)), Quantile(quality, 0.5));
    }

    private static double Share(double[] values, double limit) => (double)values.Count(value => value < limit) / values.Length;
}
