namespace SkyDriver.Sky;

/// <summary>Sizes that depend on the resolution alone.</summary>
internal static class PixelFacts
{
    /// <summary>The largest angle between a pixel's centre and one of its corners, radians.</summary>
    /// <param name="n">Pixels along a base cell's side; need not be a power of two.</param>
    /// <remarks>It is reached where belt and cap meet, between the cell corner on z = 2/3 and the pixel centre north of it.</remarks>
    public static double MaxRadius(long n)
    {
        double step = 1.0 / n, corner = Math.Acos(Latitude.Transition), centre = Latitude.Theta(n - 1, n, step);
        double sinTheta = Math.Sin((corner - centre) / 2), sinPhi = Math.Sin(Math.PI / 8 * step);
        return 2 * Math.Asin(Math.Sqrt(sinTheta * sinTheta + Math.Sin(corner) * Math.Sin(centre) * sinPhi * sinPhi));
    }
}
