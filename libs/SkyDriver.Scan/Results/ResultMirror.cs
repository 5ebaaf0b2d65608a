using SkyDriver.Sky;

namespace SkyDriver.Scan;

public sealed partial class SkyScanResult
{
    /// <summary>The same values with north and south exchanged.</summary>
    /// <remarks>Results of the older scanner hold declination with the other sign (θ − π/2). Nothing in them tells, so whoever reads one must say so.</remarks>
    public SkyScanResult MirroredInDeclination() => new([.. Nsides.Select(Mirrored)]);

    private static NsideResult Mirrored(NsideResult nside)
    {
        long[] index = Array.ConvertAll(nside.Index.ToArray(), ipix =>
        {
            Vector3d centre = Healpix.PixelToVector(nside.Nside, ipix);
            return Healpix.VectorToPixel(nside.Nside, centre with { Z = -centre.Z });
        });
        int[] order = [.. Enumerable.Range(0, index.Length)];
        Array.Sort(index, order);
        return new(nside.Nside, nside.Version, index, [.. nside.Columns.Select(c => new ReadOnlyMemory<double>(Array.ConvertAll(order, row => c.Span[row])))], nside.Metadata);
    }
}
