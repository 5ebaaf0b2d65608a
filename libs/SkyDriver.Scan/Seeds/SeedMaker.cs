using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Scan;

/// <summary>Makes the start of each fit: the pixel's direction, and a vertex from the coarser map or from the event.</summary>
internal sealed class SeedMaker(ScanPlan plan, PixelTable[] tables)
{
    private readonly LocalSkyTransform _transform = new(plan.Event.Mjd);
    private readonly TimeRefinement _refinement = new(plan.HlcHits);

    public VariationSeed Make(VariationKey key)
    {
        PixelTable table = tables[key.Step];
        long ipix = table.Ipix(key.Row);
        var direction = _transform.ToLocal(new Pixel(table.Nside, ipix).Centre);
        return Make(new Pixel(table.Nside, ipix), key.Posvar, direction, BaseVertex(key.Step, ipix, table.SavedBefore(key.Row)));
    }

    internal VariationSeed Make(Pixel pixel, int posvar, LocalDirection direction, Vertex start)
    {
        var offset = plan.Algorithm.Offsets[posvar];
        if (plan.Algorithm.RotateOffsets) offset = AlongTrack(offset, direction);
        Vertex fallback = plan.FallbackVertex;
        bool second = plan.Algorithm.FallbackTrack && (start.X, start.Y, start.Z) != (fallback.X, fallback.Y, fallback.Z);
        return new(
            pixel.Nside, pixel.Ipix, posvar, direction.Zenith, direction.Azimuth,
            Shift(start, offset, direction),
            second ? Shift(fallback with { Energy = double.NaN }, offset, direction) : null);
    }

    /// <summary>Turns an offset so that its z axis lies along the direction of travel: about y, then about z.</summary>
    internal static PositionOffset AlongTrack(PositionOffset offset, LocalDirection source)
    {
        var (sinTheta, cosTheta) = Elementary.SinCos(Math.PI - source.Zenith);
        var (sinPhi, cosPhi) = Elementary.SinCos(source.Azimuth + Math.PI);
        double x = cosTheta * offset.X + sinTheta * offset.Z;
        return new(cosPhi * x - sinPhi * offset.Y, sinPhi * x + cosPhi * offset.Y, cosTheta * offset.Z - sinTheta * offset.X);
    }

    /// <summary>The nearest coarser pixel that was saved when the round was opened says where to start, unless its fit failed.</summary>
    /// <remarks>Looking back to the opening keeps seeds independent of what arrives while a round is being published.</remarks>
    private Vertex BaseVertex(int step, long ipix, int savedBefore)
    {
        Vertex fallback = plan.FallbackVertex with { Energy = double.NaN };
        for (int coarser = step - 1; coarser >= 0; coarser--)
        {
            PixelTable table = tables[coarser];
            int row = table.Find(Healpix.Parent(tables[step].Nside, ipix, table.Nside));
            if (row < 0 || !table.WasSaved(row, savedBefore)) continue;
            PixelFit fit = table.Best(row);
            return double.IsNaN(fit.Llh) || double.IsNaN(fit.X + fit.Y + fit.Z + fit.T) ? fallback : new(fit.X, fit.Y, fit.Z, fit.T, fit.Energy);
        }

        return fallback;
    }

    private Vertex Shift(Vertex vertex, PositionOffset offset, LocalDirection source)
    {
        vertex = vertex with { X = vertex.X + offset.X, Y = vertex.Y + offset.Y, Z = vertex.Z + offset.Z };
        return plan.Algorithm.RefineTime ? vertex with { Time = _refinement.Refine(vertex, source) } : vertex;
    }
}
