using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>Bilinear weights: along φ in the ring above and below a point, then along θ between the two.</summary>
internal static class Interpolation
{
    /// <param name="pixels">Room for four RING numbers; beyond the outermost ring the other two are those across the pole.</param>
    /// <param name="weights">Room for four weights; they sum to one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(int nside, double theta, double phi, Span<long> pixels, Span<double> weights)
    {
        long above = RingScheme.RingAbove(nside, theta), last = 4L * nside - 1;
        phi = Angles.Wrap(phi);
        double north = 0, south = Math.PI;                    // colatitudes of the two rings; the poles where there is none
        if (above > 0) north = Along(nside, above, phi, pixels, weights);
        if (above < last) south = Along(nside, above + 1, phi, pixels[2..], weights[2..]);

        double down = (theta - north) / (south - north);
        if (above == 0) Across(down, pixels[2..], weights[2..], pixels, weights, 0);
        else if (above == last) Across(1 - down, pixels, weights, pixels[2..], weights[2..], 12L * nside * nside - 4);
        else
        {
            weights[0] *= 1 - down;
            weights[1] *= 1 - down;
            weights[2] *= down;
            weights[3] *= down;
        }
    }

    /// <summary>The two pixels of a ring east and west of φ, weighted by closeness; returns the ring's colatitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Along(int nside, long ring, double phi, Span<long> pixels, Span<double> weights)
    {
        var row = RingScheme.Row(nside, ring);
        double column = phi * (row.Count / Angles.TwoPi) - row.Shift;
        long west = (long)Math.Floor(column);
        pixels[0] = row.PixelAt(west);
        pixels[1] = row.PixelAt(west + 1);
        (weights[0], weights[1]) = (1 - (column - west), column - west);
        return Latitude.Theta(ring, nside, Bits.Inverse(nside));
    }

    /// <summary>Between the outermost ring (four pixels) and the pole, whose value is the mean of those four.</summary>
    /// <param name="near">Weight of the ring, 0 at the pole … 1 on the ring.</param>
    private static void Across(
        double near, Span<long> ring, Span<double> ringWeights, Span<long> opposite, Span<double> oppositeWeights, long first)
    {
        double share = (1 - near) / 4;
        for (int i = 0; i < 2; i++)
        {
            opposite[i] = first + ((ring[i] - first + 2) & 3);
            oppositeWeights[i] = share;
            ringWeights[i] = ringWeights[i] * near + share;
        }
    }
}
