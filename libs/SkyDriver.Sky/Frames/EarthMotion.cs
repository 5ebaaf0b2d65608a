using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Where the Earth is and how fast it moves, in ICRS axes: what aberration and light deflection need.</summary>
/// <remarks>
/// Kepler's ellipse with Standish's mean elements of the Earth-Moon barycentre (JPL, "Approximate Positions of the Planets",
/// fitted to 1800 … 2050), plus the three largest motions a two-body orbit leaves out. Aberration is then good to 0.005".
/// </remarks>
internal readonly record struct EarthMotion
{
    private const double SpeedOfLight = 299792458;                    // m/s
    private const double CircularSpeed = 29784.69;                    // m/s, mean motion times semi-major axis
    private const double Obliquity = 84381.406 * Angles.Arcsecond;    // of J2000
    private const double DoubleSchwarzschild = 1.97412574336e-8;      // 2GM/c² of the Sun in astronomical units

    /// <summary>Of Jupiter, Saturn (through the Sun's motion about the barycentre) and the Moon: mean longitude at J2000
    /// and per century (degrees), speed they give the Earth (m/s).</summary>
    private static readonly (double Longitude, double Rate, double Speed)[] Reflexes =
        [(34.40, 3034.75, 12.47), (49.95, 1222.49, 2.77), (218.32, 481267.88, 12.43)];

    public EarthMotion(double mjd)
    {
        double t = Epoch.Centuries(mjd);
        double e = 0.01671123 - 0.00004392 * t;
        double perihelion = Angles.ToRadians(102.93768193 + 0.32327364 * t);
        double mean = Angles.ToRadians((100.46457166 + 35999.37244981 * t) % 360) - perihelion;
        double trueAnomaly = mean + (2 * e - e * e * e / 4) * Elementary.Sin(mean)
            + 1.25 * e * e * Elementary.Sin(2 * mean) + 13.0 / 12 * e * e * e * Elementary.Sin(3 * mean);
        var (sin, cos) = Elementary.SinCos(trueAnomaly + perihelion);
        var (sinPerihelion, cosPerihelion) = Elementary.SinCos(perihelion);
        double speed = CircularSpeed / Math.Sqrt(1 - e * e);
        double vx = -speed * (sin + e * sinPerihelion), vy = speed * (cos + e * cosPerihelion);
        foreach (var (longitude, rate, reflex) in Reflexes)
        {
            var (sinBody, cosBody) = Elementary.SinCos(Angles.ToRadians((longitude + rate * t) % 360));
            vx += reflex * sinBody;
            vy -= reflex * cosBody;
        }

        var toEquator = Rotation.AboutX(-Obliquity);
        Velocity = (1 / SpeedOfLight) * toEquator.Apply(new(vx, vy, 0));
        FromSun = toEquator.Apply(new(cos, sin, 0));
        DeflectionScale = DoubleSchwarzschild * (1 + e * Elementary.Cos(trueAnomaly)) / (1 - e * e);
    }

    /// <summary>Velocity against the solar system's barycentre, in units of the speed of light.</summary>
    public Vector3d Velocity { get; }

    /// <summary>Unit vector from the Sun to the Earth.</summary>
    public Vector3d FromSun { get; }

    /// <summary>Light deflection by the Sun is this many radians times cot(separation / 2).</summary>
    public double DeflectionScale { get; }
}
