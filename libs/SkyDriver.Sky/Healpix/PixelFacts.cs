using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Sizes that depend on the resolution alone.</summary>
internal static class PixelFacts
{
    /// <summary>The largest angle between a pixel's centre and one of its corners, radians.</summary>
    /// <param name="n">Pixels along a base cell's side; need not be a power of two.</param>
    /// <remarks>
    /// Reached where belt and cap meet: between a corner on z = 2/3 and the pixel centre north-west of it. Taken between
    /// vectors, as the reference library does, so its error is an ulp of 1 and not of the angle.
    /// </remarks>
    public static double MaxRadius(long n)
    {
        double fromPole = (1 - 1.0 / n) * (1 - 1.0 / n);
        return At(Latitude.Transition, Math.PI / (4 * n)).AngleTo(At(1 - fromPole / 3, 0));
    }

    private static Vector3d At(double z, double phi)
    {
        double sinTheta = Math.Sqrt((1 - z) * (1 + z));
        return new(sinTheta * Elementary.Cos(phi), sinTheta * Elementary.Sin(phi), z);
    }
}
