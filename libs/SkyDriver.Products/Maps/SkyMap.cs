using System.Runtime.CompilerServices;
using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>One scanned pixel and its −ln L; NaN where the fit failed.</summary>
public readonly record struct MapPixel(int Nside, long Ipix, double Llh);

/// <summary>Likelihood over the sky from pixels of several sizes; where they overlap the finest counts.</summary>
/// <remarks>Values are 2ΔlnL: twice the distance of a pixel's −ln L to the smallest of all, so 0 at the best fit.</remarks>
public sealed class SkyMap
{
    private readonly Layer[] _layers;       // finest first
    private readonly Scanned[] _scanned;

    /// <exception cref="ArgumentException">There is no pixel whose fit succeeded.</exception>
    public SkyMap(IEnumerable<MapPixel> pixels)
    {
        MapPixel[] all = [.. pixels];
        MapPixel[] fitted = [.. all.Where(p => !double.IsNaN(p.Llh))];
        if (fitted.Length == 0) throw new ArgumentException("There is no pixel whose fit succeeded, so there is no map to draw.", nameof(pixels));
        // Ties go to the coarser and then the smaller pixel, so that the answer does not depend on the order given.
        Best = fitted.OrderBy(p => p.Llh).ThenBy(p => p.Nside).ThenBy(p => p.Ipix).First();
        _layers = [.. all.GroupBy(p => p.Nside).OrderByDescending(g => g.Key).Select(g => new Layer(g.Key, [.. g.Select(p => (p.Ipix, 2 * (p.Llh - Best.Llh)))]))];
        _scanned = [.. _layers.SelectMany((layer, i) => layer.Pixels.Select(pixel => new Scanned(i, Healpix.RingToNest(layer.Nside, pixel.Ipix), pixel.Value)))];
        Curve = new(FinestNside, Array.ConvertAll(_scanned, p => (_layers[p.Layer].Nside, p.Nest)));
        Pixels = all.Length;
        Failed = all.Length - fitted.Length;
    }

    public MapPixel Best { get; }

    /// <summary>Centre of the best pixel.</summary>
    public Vector3d BestDirection => Healpix.PixelToVector(Best.Nside, Best.Ipix);

    public int Pixels { get; }

    /// <summary>Pixels whose fit failed.</summary>
    public int Failed { get; }

    public int FinestNside => _layers[0].Nside;

    /// <summary>Which stretch of the sky has which value, for who asks for many directions.</summary>
    internal CurveTable Curve { get; }

    /// <summary>2ΔlnL of the finest scanned pixel that holds the direction; NaN where its fit failed or none was scanned.</summary>
    /// <param name="scanned">Whether any pixel holds the direction.</param>
    public double PixelValue(in Vector3d direction, out bool scanned) => StretchValue(Curve.Find(Healpix.VectorToPixelNest(FinestNside, direction)), out scanned);

    /// <summary>As <see cref="PixelValue"/>, for a stretch of <see cref="Curve"/>.</summary>
    internal double StretchValue(int stretch, out bool scanned)
    {
        int owner = Curve.OwnerOf(stretch);
        scanned = owner != CurveTable.None;
        return scanned ? _scanned[owner].Value : double.NaN;
    }

    /// <summary><see cref="PixelValue"/> at the middle of every pixel of an nside, as cells no finer than that to be painted one over the
    /// other; where none is painted there is no value. NESTED.</summary>
    internal IEnumerable<(int Nside, long Nest, double Value)> PixelCells(int nside)
    {
        foreach (Layer layer in Enumerable.Reverse(_layers))
        {
            foreach ((long ipix, double value) in layer.Pixels)
            {
                long nest = Healpix.RingToNest(layer.Nside, ipix);
                if (layer.Nside <= nside)
                {
                    yield return (layer.Nside, nest, value);
                }
                else
                {
                    // Its middle is a corner of finer pixels, and not all of them need be scanned.
                    long parent = Healpix.ParentNest(layer.Nside, nest, nside);
                    yield return (nside, parent, PixelValue(Healpix.PixelToVectorNest(nside, parent), out _));
                }
            }
        }
    }

    /// <summary>2ΔlnL between pixel centres: bilinear in the finest layer that has all four neighbours of the direction, else the value
    /// of its pixel; +∞ where nothing succeeded, as nothing is known to fit there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Value(in Vector3d direction)
    {
        var (theta, phi) = direction.ToAngles();
        long nest = Healpix.AngleToPixelNest(FinestNside, theta, phi);
        int owner = Curve.OwnerOf(Curve.Find(nest));
        if (owner == CurveTable.None) return double.PositiveInfinity;
        Span<long> pixels = stackalloc long[4];
        Span<double> weights = stackalloc double[4];
        for (int i = _scanned[owner].Layer; i < _layers.Length; i++)
        {
            Layer layer = _layers[i];
            if (!layer.Values.TryGet(Healpix.NestToRing(layer.Nside, Healpix.ParentNest(FinestNside, nest, layer.Nside)), out double own)) continue;
            Healpix.Interpolate(layer.Nside, theta, phi, pixels, weights);
            double sum = 0;
            bool complete = true;
            for (int corner = 0; complete && corner < 4; corner++)
            {
                complete = layer.Values.TryGet(pixels[corner], out double value) && !double.IsNaN(value);
                sum += weights[corner] * value;
            }

            if (complete) return sum;
            if (!double.IsNaN(own)) return own;
        }

        return double.PositiveInfinity;
    }

    /// <summary>Cells that tile everything scanned, without overlap: a coarse pixel only where nothing finer was scanned in it, and what
    /// finer pixels leave of it in their size. NESTED.</summary>
    internal IEnumerable<(int Nside, long Nest)> Cells()
    {
        HashSet<long> split = [];       // pixels of the layer at hand that hold finer ones
        for (int i = 0; i < _layers.Length; i++)
        {
            int nside = _layers[i].Nside;
            HashSet<long> present = [.. _layers[i].Pixels.Select(pixel => Healpix.RingToNest(nside, pixel.Ipix))];
            foreach (long nest in present.Where(nest => !split.Contains(nest))) yield return (nside, nest);
            if (i + 1 == _layers.Length) break;
            present.UnionWith(split);
            int coarse = _layers[i + 1].Nside;
            HashSet<long> parents = [.. present.Select(nest => Healpix.ParentNest(nside, nest, coarse))];
            long children = (long)(nside / coarse) * (nside / coarse);
            foreach (long parent in parents)
            {
                for (long child = parent * children; child < (parent + 1) * children; child++)
                {
                    if (!present.Contains(child)) yield return (nside, child);
                }
            }

            split = parents;
        }
    }

    /// <summary>The rest of the sky: the largest cells that hold no scanned pixel. NESTED.</summary>
    internal IEnumerable<(int Nside, long Nest)> Unscanned()
    {
        // Per order the cells that are scanned or hold something scanned; finer than the finest layer nothing is open.
        HashSet<long> touched = [];
        List<HashSet<long>> byOrder = [];
        for (int nside = FinestNside; nside >= 1; nside /= 2)
        {
            touched = [.. touched.Select(nest => nest / 4)];
            if (_layers.FirstOrDefault(l => l.Nside == nside) is { } layer) touched.UnionWith(layer.Pixels.Select(pixel => Healpix.RingToNest(nside, pixel.Ipix)));
            byOrder.Add(touched);
        }

        byOrder.Reverse();
        return Enumerable.Range(0, 12).SelectMany(nest => Open(1, nest, 0));

        IEnumerable<(int Nside, long Nest)> Open(int nside, long nest, int order)
        {
            if (!byOrder[order].Contains(nest)) return [(nside, nest)];
            bool whole = _layers.Any(l => l.Nside == nside && l.Values.TryGet(Healpix.NestToRing(nside, nest), out _));
            return whole ? [] : Enumerable.Range(0, 4).SelectMany(i => Open(2 * nside, (4 * nest) + i, order + 1));
        }
    }

    private sealed record Layer(int Nside, (long Ipix, double Value)[] Pixels)
    {
        public PixelValues Values { get; } = new(Pixels);
    }

    private readonly record struct Scanned(int Layer, long Nest, double Value);
}
