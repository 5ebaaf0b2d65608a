namespace SkyDriver.Sky;

/// <summary>Local and equatorial coordinates at one moment: everything that depends on time alone is worked out once.</summary>
/// <remarks>
/// Sidereal time, precession and nutation (IAU 2006/2000), annual aberration, light deflection by the Sun. As in the
/// detector's software, UT1 = UTC, with no polar motion and no refraction. Diurnal aberration is below 0.0001" at the South Pole.
/// Within 0.006" of a full IAU 2006 chain and 0.06" of the detector's software, which stands 0.05" off in right ascension
/// (golden rows, 2000 … 2026). Thread safe.
/// </remarks>
public sealed class LocalSkyTransform
{
    /// <summary>1 - cos of 15': inside the Sun's disc the law of deflection has no meaning.</summary>
    private const double BehindTheSun = 1e-5;

    private readonly Rotation _skyToDetector;
    private readonly EarthMotion _earth;

    /// <param name="mjd">Modified Julian date, UTC, days of 86,400 s; 1858 to 2132 (MJD 0 … 100000).</param>
    /// <exception cref="ArgumentOutOfRangeException">The date is outside that range, or NaN.</exception>
    public LocalSkyTransform(double mjd)
    {
        if (!(mjd is >= 0 and <= 100_000))
            throw new ArgumentOutOfRangeException(nameof(mjd), $"MJD {mjd} must be from 0 to 100000 (days, UTC).");
        Mjd = mjd;
        var nutation = new Nutation(mjd);
        _earth = new(mjd);
        _skyToDetector = nutation.ToTrueOfDate(mjd)
            .Then(Rotation.AboutZ(Epoch.SiderealTime(mjd, nutation)))
            .Then(IceCubeSite.EarthToDetector);
    }

    /// <summary>Days, UTC.</summary>
    public double Mjd { get; }

    public LocalDirection ToLocal(in SkyPoint p) =>
        LocalDirection.FromVector(_skyToDetector.Apply(Aberrate(Deflect(p.ToVector(), _earth, 1), _earth.Velocity)));

    public SkyPoint ToEquatorial(in LocalDirection d)
    {
        // Aberration is undone by the opposite velocity (exact, a Lorentz boost), deflection by its value at the answer.
        var apparent = Aberrate(_skyToDetector.ApplyInverse(d.ToVector()), -_earth.Velocity);
        return SkyPoint.FromVector(Deflect(apparent, _earth, -1));
    }

    /// <summary>Many directions at once.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public void ToLocal(ReadOnlySpan<SkyPoint> points, Span<LocalDirection> directions)
    {
        RequireSame(points.Length, directions.Length);
        for (int i = 0; i < points.Length; i++) directions[i] = ToLocal(points[i]);
    }

    /// <summary>Many directions at once.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public void ToEquatorial(ReadOnlySpan<LocalDirection> directions, Span<SkyPoint> points)
    {
        RequireSame(directions.Length, points.Length);
        for (int i = 0; i < points.Length; i++) points[i] = ToEquatorial(directions[i]);
    }

    /// <summary>Relativistic aberration of a unit vector for an observer's velocity in units of c.</summary>
    private static Vector3d Aberrate(in Vector3d direction, in Vector3d velocity)
    {
        double along = direction.Dot(velocity), inverseGamma = Math.Sqrt(1 - velocity.Dot(velocity));
        return (1 / (1 + along)) * (inverseGamma * direction + (1 + along / (1 + inverseGamma)) * velocity);
    }

    /// <summary>Bends a unit vector away from the Sun (sign 1) or back (-1).</summary>
    internal static Vector3d Deflect(in Vector3d direction, in EarthMotion earth, int sign)
    {
        double facing = direction.Dot(earth.FromSun);              // -1 towards the Sun
        double scale = sign * earth.DeflectionScale / Math.Max(1 + facing, BehindTheSun);
        return direction + scale * (earth.FromSun - facing * direction);
    }

    private static void RequireSame(int expected, int actual)
    {
        if (expected != actual) throw new ArgumentException($"The spans hold {expected} and {actual} directions; give equal lengths.");
    }
}
