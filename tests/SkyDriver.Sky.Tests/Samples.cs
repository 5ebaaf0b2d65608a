namespace SkyDriver.Sky.Tests;

/// <summary>Repeatable inputs: the awkward places first, then random ones.</summary>
internal static class Samples
{
    public static TheoryData<int> Nsides => [.. Enumerable.Range(0, Healpix.MaxOrder + 1).Select(order => 1 << order)];

    /// <summary>Both poles, both sides of the cap borders, the equator, the ends of rings, and random pixels.</summary>
    public static IEnumerable<long> Pixels(int nside, int random)
    {
        long pixels = Healpix.PixelCount(nside), cap = RingScheme.CapCount(nside);
        var generator = new Random(nside);
        long[] special =
        [
            0, 1, 2, 3, 4, pixels - 5, pixels - 4, pixels - 1, cap - 1, cap, cap + 4L * nside - 1, cap + 4L * nside,
            pixels - cap - 1, pixels - cap, pixels / 2, pixels / 2 - 1, cap / 2, nside, pixels - nside - 1,
        ];
        return special.Where(p => p >= 0 && p < pixels)
            .Concat(Enumerable.Range(0, random).Select(_ => generator.NextInt64(pixels))).Distinct();
    }

    /// <summary>Every pixel of a small sphere, else <see cref="Pixels"/>.</summary>
    public static IEnumerable<long> AllOrSome(int nside, int random) =>
        nside <= 16 ? Enumerable.Range(0, (int)Healpix.PixelCount(nside)).Select(p => (long)p) : Pixels(nside, random);

    /// <summary>Axes, points a hair from the poles and from the cap borders, and random directions.</summary>
    public static IEnumerable<Vector3d> Directions(int random, int seed = 1)
    {
        foreach (int sign in new[] { 1, -1 })
        {
            yield return new(0, 0, sign);
            yield return new(sign, 0, 0);
            yield return new(0, sign, 0);
            yield return new(1e-9, -1e-10, sign);
            yield return new(1e-17, 3e-18, sign);
            foreach (double nudge in new[] { -1e-16, 0, 1e-16, -1e-12, 1e-12 })
            {
                double z = 2.0 / 3 + nudge, axis = Math.Sqrt(1 - z * z);
                for (int i = 0; i < 4; i++) yield return new(axis * Math.Cos(i * Math.PI / 2), axis * Math.Sin(i * Math.PI / 2), sign * z);
            }
        }

        var generator = new Random(seed);
        for (int i = 0; i < random; i++)
        {
            double z = 2 * generator.NextDouble() - 1, phi = Angles.TwoPi * generator.NextDouble(), axis = Math.Sqrt(1 - z * z);
            yield return new(axis * Math.Cos(phi), axis * Math.Sin(phi), z);
        }
    }
}
