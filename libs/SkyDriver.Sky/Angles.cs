namespace SkyDriver.Sky;

/// <summary>Conversions between angle units and ranges.</summary>
public static class Angles
{
    public const double TwoPi = 2 * Math.PI;

    /// <summary>Radians in one arcsecond.</summary>
    public const double Arcsecond = Math.PI / (180 * 3600);

    public static double ToDegrees(double radians) => radians * (180 / Math.PI);

    public static double ToRadians(double degrees) => degrees * (Math.PI / 180);

    /// <summary>The same direction in [0, 2π). A tiny negative angle becomes 0, as 2π itself is outside the range.</summary>
    public static double Wrap(double radians)
    {
        if (radians is >= 0 and < TwoPi) return radians;
        double rest = Math.IEEERemainder(radians, TwoPi);
        if (rest < 0) rest += TwoPi;
        return rest < TwoPi ? rest : 0;
    }
}
