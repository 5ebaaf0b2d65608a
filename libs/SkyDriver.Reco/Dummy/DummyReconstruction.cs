using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Dummy;

/// <summary>Answers without looking at an event, so that everything around a reconstruction can be tried and timed.</summary>
/// <remarks>
/// The value depends on the direction like that of a good track fit: one narrow minimum, a second dip that is shallower by 20, a plateau
/// some hundreds above. The noise on top is smaller than the difference between neighbouring pixels near the minimum up to nside 512.
/// </remarks>
internal sealed class DummyReconstruction(RecoOptions options) : IReconstruction
{
    internal const double Floor = 1000, NoiseAmplitude = 0.05;
    internal const double MinimumZenith = 1.1, MinimumAzimuth = 4.0;
    internal const double DipZenith = 1.9, DipAzimuth = 0.8;
    private const double Steepness = 50, Width = 1e-3, DipHeight = 0.5;

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (options.DummyDelay is { } delay && delay > TimeSpan.Zero && cancellationToken.WaitHandle.WaitOne(delay))
            throw new OperationCanceledException(cancellationToken);

        double noise = NoiseAmplitude * VariationHash.Uniform(options.Seed, seed, stream: 0);
        return new RecoFit(
            Smooth(seed.Zenith, seed.Azimuth) + noise, double.NaN, double.NaN, seed.Start.X, seed.Start.Y, seed.Start.Z, seed.Start.Time, double.NaN, null);
    }

    /// <summary>Zero distance to the minimum gives <see cref="Floor"/>; the harmonic sum keeps both dips smooth.</summary>
    internal static double Smooth(double zenith, double azimuth)
    {
        double toMinimum = Separation(zenith, azimuth, MinimumZenith, MinimumAzimuth) / Width;
        double toDip = Separation(zenith, azimuth, DipZenith, DipAzimuth) / Width + DipHeight;
        return Floor + Steepness * Elementary.Log(1 + toMinimum * toDip / (toMinimum + toDip));
    }

    /// <summary>1 − cos of the angle between two directions, from half angles so that small angles keep their digits.</summary>
    private static double Separation(double zenith1, double azimuth1, double zenith2, double azimuth2)
    {
        double dz = Elementary.Sin((zenith1 - zenith2) / 2), da = Elementary.Sin((azimuth1 - azimuth2) / 2);
        return 2 * (dz * dz + Elementary.Sin(zenith1) * Elementary.Sin(zenith2) * da * da);
    }
}
