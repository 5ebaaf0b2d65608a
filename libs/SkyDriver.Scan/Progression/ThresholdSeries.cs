namespace SkyDriver.Scan;

/// <summary>The fractions of an nside at which predictive scanning looks again where to refine.</summary>
internal static class ThresholdSeries
{
    public const double Lowest = 0.1;

    private static readonly double[] Tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

    /// <param name="threshold">0.1 … 1.</param>
    /// <param name="last">Whether the nside is the finest one: nothing follows it, so only its completion matters.</param>
    public static double[] For(double threshold, bool last) =>
        last ? [1.0] : [threshold, .. Tenths.Where(tenth => tenth > threshold)];

    /// <summary>The largest value of the series that the fraction has reached, 0 before the first.</summary>
    public static double Bin(ReadOnlySpan<double> series, double fraction)
    {
        int reached = 0;
        while (reached < series.Length && series[reached] <= fraction) reached++;
        return reached == 0 ? 0 : series[reached - 1];
    }
}
