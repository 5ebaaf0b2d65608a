namespace SkyDriver.Scan;

/// <summary>Notices when the finished fraction of an nside rises into a higher bin of its series.</summary>
/// <remarks>Work that is added later lowers a fraction, and the drop is noticed too: the same thresholds are then met a second time.</remarks>
internal sealed class ThresholdTracker
{
    private readonly double[][] _series;
    private readonly double[] _bins;

    public ThresholdTracker(NsideProgression progression, double threshold)
    {
        _series = [.. Enumerable.Range(0, progression.Count).Select(step => ThresholdSeries.For(threshold, step == progression.Count - 1))];
        _bins = new double[_series.Length];
    }

    /// <summary>Bin each step was last seen in; part of the durable state.</summary>
    public Span<double> Bins => _bins;

    public ReadOnlySpan<double> Series(int step) => _series[step];

    /// <summary>Takes note of a step's fraction; true when it has risen into a higher bin.</summary>
    public bool Update(int step, double fraction)
    {
        double bin = ThresholdSeries.Bin(_series[step], fraction);
        bool met = bin > _bins[step];
        _bins[step] = bin;
        return met;
    }
}
