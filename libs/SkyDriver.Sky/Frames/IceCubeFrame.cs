namespace SkyDriver.Sky;

/// <summary>Single conversions between detector and sky; for many at one moment keep a <see cref="LocalSkyTransform"/>.</summary>
/// <remarks>The last transform is kept per thread, so a loop over one event's directions pays for it once.</remarks>
public static class IceCubeFrame
{
    [ThreadStatic]
    private static LocalSkyTransform? t_last;

    /// <param name="mjd">Modified Julian date, UTC, MJD 0 … 100000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The date is outside that range, or NaN.</exception>
    public static SkyPoint ToEquatorial(LocalDirection d, double mjd) => At(mjd).ToEquatorial(d);

    /// <param name="mjd">Modified Julian date, UTC, MJD 0 … 100000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The date is outside that range, or NaN.</exception>
    public static LocalDirection ToLocal(SkyPoint p, double mjd) => At(mjd).ToLocal(p);

    private static LocalSkyTransform At(double mjd) => t_last is { } last && last.Mjd == mjd ? last : t_last = new(mjd);
}
