namespace SkyDriver.Sky;

/// <content>Whole maps: a value for every pixel.</content>
public static partial class Healpix
{
    /// <summary>The four pixels around a point and their bilinear weights, which sum to one.</summary>
    /// <param name="pixels">Room for four: two of the ring above, west then east, then two of the ring below.</param>
    /// <param name="weights">Room for four, none negative.</param>
    public static void Interpolate(int nside, double theta, double phi, Span<long> pixels, Span<double> weights) =>
        Interpolation.Weigh(nside, theta, phi, pixels, weights);

    /// <summary>As <see cref="Interpolate(int, double, double, Span{long}, Span{double})"/>, with NESTED numbers.</summary>
    public static void InterpolateNest(int nside, double theta, double phi, Span<long> pixels, Span<double> weights)
    {
        Interpolation.Weigh(nside, theta, phi, pixels, weights);
        RingToNest(nside, pixels, pixels);
    }

    /// <summary>A RING map's value at a point, between pixel centres. NaN when one of the four pixels is NaN.</summary>
    public static double Interpolate(int nside, ReadOnlySpan<double> map, double theta, double phi)
    {
        Span<long> pixels = stackalloc long[4];
        Span<double> weights = stackalloc double[4];
        Interpolation.Weigh(nside, theta, phi, pixels, weights);
        double sum = 0;
        for (int i = 0; i < 4; i++) sum += weights[i] * map[(int)pixels[i]];
        return sum;
    }

    /// <summary>A RING map at another resolution: finer pixels repeat their parent, coarser ones are the mean of their
    /// children, so one NaN child makes them NaN.</summary>
    /// <exception cref="ArgumentException">A span does not hold 12·nside² values.</exception>
    public static void Regrade(ReadOnlySpan<double> map, int nside, Span<double> result, int resultNside)
    {
        RequireMaps(map, nside, result, resultNside);
        Sky.Regrade.Ring(map, nside, result, resultNside);
    }

    /// <summary>As <see cref="Regrade"/>, for maps in NESTED order.</summary>
    /// <exception cref="ArgumentException">A span does not hold 12·nside² values.</exception>
    public static void RegradeNest(ReadOnlySpan<double> map, int nside, Span<double> result, int resultNside)
    {
        RequireMaps(map, nside, result, resultNside);
        Sky.Regrade.Nest(map, nside, result, resultNside);
    }

    /// <summary>Gives all pixels of a RING map that lie in one cell, named by its NESTED number, the same value.</summary>
    /// <param name="nside">Of the map; at least that of the cell.</param>
    /// <remarks>In runs, one a ring: many times faster than pixel by pixel.</remarks>
    public static void FillCell<T>(Span<T> map, int nside, int cellNside, long cellNest, T value) => CellRuns.Fill(map, nside, cellNside, cellNest, value);

    private static void RequireMaps(ReadOnlySpan<double> map, int nside, Span<double> result, int resultNside)
    {
        if (map.Length == PixelCount(nside) && result.Length == PixelCount(resultNside)) return;
        throw new ArgumentException($"A map of nside {nside} has {PixelCount(nside)} values, not {map.Length}; "
            + $"one of nside {resultNside} has {PixelCount(resultNside)}, not {result.Length}.");
    }
}
