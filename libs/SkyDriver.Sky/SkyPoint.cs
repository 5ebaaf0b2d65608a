using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>A direction on the sky in ICRS. Radians in the process, degrees on the wire (<c>ra_deg</c>).</summary>
public readonly record struct SkyPoint
{
    private SkyPoint(double ra, double dec) => (RightAscension, Declination) = (ra, dec);

    /// <summary>Radians, in [0, 2π).</summary>
    public double RightAscension { get; }

    /// <summary>Radians, in [-π/2, +π/2]; north positive.</summary>
    public double Declination { get; }

    /// <exception cref="ArgumentOutOfRangeException">An angle is outside its range, or NaN; the message names each.</exception>
    public static SkyPoint FromRadians(double ra, double dec)
    {
        bool raFits = ra is >= 0 and < Angles.TwoPi, decFits = Math.Abs(dec) <= Math.PI / 2;   // NaN fails both
        if (raFits && decFits) return new(ra, dec);
        string fault = (raFits ? "" : $" Right ascension {ra} rad must be in [0, 2π).")
            + (decFits ? "" : $" Declination {dec} rad must be in [-π/2, +π/2].");
        throw new ArgumentOutOfRangeException(raFits ? nameof(dec) : nameof(ra), "Not a point of the sky." + fault);
    }

    /// <summary>As <see cref="FromRadians"/>, from degrees; any finite right ascension is taken modulo 360.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The declination is outside ±90, or a value is not finite.</exception>
    public static SkyPoint FromDegrees(double raDegrees, double decDegrees) =>
        FromRadians(Angles.Wrap(Angles.ToRadians(raDegrees)), Angles.ToRadians(decDegrees));

    /// <summary>The point in the direction of a vector of any positive length.</summary>
    public static SkyPoint FromVector(in Vector3d direction)
    {
        double dec = Elementary.Atan2(direction.Z, Math.Sqrt(direction.X * direction.X + direction.Y * direction.Y));
        return FromRadians(Angles.Wrap(Elementary.Atan2(direction.Y, direction.X)), dec);
    }

    /// <summary>Unit vector: x to (0, 0), y to right ascension π/2, z to the north pole.</summary>
    public Vector3d ToVector()
    {
        var (sinDec, cosDec) = Elementary.SinCos(Declination);
        var (sinRa, cosRa) = Elementary.SinCos(RightAscension);
        return new(cosDec * cosRa, cosDec * sinRa, sinDec);
    }

    /// <summary>Great-circle distance, radians in [0, π].</summary>
    public double AngleTo(in SkyPoint other) => ToVector().AngleTo(other.ToVector());
}
