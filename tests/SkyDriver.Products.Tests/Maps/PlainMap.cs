using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Maps;

/// <summary>A map asked in the plain way, size by size: what <see cref="SkyMap"/> must answer, to the last bit.</summary>
/// <remarks>By NESTED numbers: on a corner at |z| = 2/3 exactly, the RING form may round to a pixel that does not touch it.</remarks>
internal sealed class PlainMap
{
    private readonly (int Nside, Dictionary<long, double> Values)[] _layers;

    public PlainMap(IReadOnlyList<MapPixel> pixels)
    {
        double best = pixels.Where(p => !double.IsNaN(p.Llh)).Min(p => p.Llh);
        _layers = [.. pixels.GroupBy(p => p.Nside).OrderByDescending(g => g.Key).Select(g => (g.Key, g.ToDictionary(p => p.Ipix, p => 2 * (p.Llh - best))))];
    }

    /// <summary>Of skies with one, two and three sizes; with open sky, holes, failed fits, and fine pixels outside of coarse ones.</summary>
    public static List<MapPixel> Patchwork(int sizes)
    {
        List<MapPixel> pixels = [.. Enumerable.Range(2, 40).Select(i => new MapPixel(2, i, i % 7 == 0 ? double.NaN : 70 + (i % 5)))];
        if (sizes > 1) pixels.AddRange(Enumerable.Range(300, 2500).Where(i => i % 17 > 0).Select(i => new MapPixel(16, i, i % 11 == 0 ? double.NaN : 30 + (i % 50))));
        if (sizes > 2) pixels.AddRange(Enumerable.Range(400_000, 9000).Concat(Enumerable.Range(0, 50)).Select(i => new MapPixel(256, i, i % 13 == 0 ? double.NaN : 10 + (i % 9))));
        return pixels;
    }

    /// <summary>Any directions, and those on the borders and corners of pixels of every size, where rounding decides.</summary>
    public static IEnumerable<Vector3d> Directions(int count)
    {
        var random = new Random(count);
        for (int i = 0; i < count; i++) yield return new(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
        Vector3d[] outline = new Vector3d[8];
        foreach (int nside in new[] { 1, 2, 16, 256, 512 })
        {
            for (int i = 0; i < count / 50; i++)
            {
                long nest = random.NextInt64(Healpix.PixelCount(nside));
                yield return Healpix.PixelToVectorNest(nside, nest);
                Healpix.BoundariesNest(nside, nest, outline);
                foreach (Vector3d point in outline) yield return point;
            }
        }

        foreach (double x in new[] { 0.0, -0.0, 1, -1 })
        {
            foreach (double y in new[] { 0.0, -0.0, 1, -1 })
            {
                foreach (double z in new[] { 0.0, 1, -1, Math.Sqrt(0.8), -Math.Sqrt(0.8) })
                {
                    if (x != 0 || y != 0 || z != 0) yield return new(x, y, z);
                }
            }
        }
    }

    public double PixelValue(in Vector3d direction, out bool scanned)
    {
        scanned = true;
        foreach ((int nside, Dictionary<long, double> values) in _layers)
        {
            if (values.TryGetValue(Healpix.NestToRing(nside, Healpix.VectorToPixelNest(nside, direction)), out double value)) return value;
        }

        scanned = false;
        return double.NaN;
    }

    public double Value(in Vector3d direction)
    {
        var (theta, phi) = direction.ToAngles();
        long[] pixels = new long[4];
        double[] weights = new double[4];
        foreach ((int nside, Dictionary<long, double> values) in _layers)
        {
            if (!values.TryGetValue(Healpix.NestToRing(nside, Healpix.AngleToPixelNest(nside, theta, phi)), out double own)) continue;
            Healpix.Interpolate(nside, theta, phi, pixels, weights);
            double sum = 0;
            for (int i = 0; i < 4; i++) sum += weights[i] * values.GetValueOrDefault(pixels[i], double.NaN);
            if (!double.IsNaN(sum)) return sum;
            if (!double.IsNaN(own)) return own;
        }

        return double.PositiveInfinity;
    }
}
