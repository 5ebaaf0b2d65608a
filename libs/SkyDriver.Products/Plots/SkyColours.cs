using System.Runtime.CompilerServices;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>Where the pixels of a row of a picture look; a struct, so that loops over rows compile to direct calls.</summary>
internal interface ISkyRow
{
    /// <param name="x">Pixel of the row.</param>
    Vector3d Direction(int x);
}

/// <summary>Paints rows of pixels with the colours of a map: of the ramp, of failed fits, or of what was not scanned. Each stretch of sky gets
/// its colour once, as pictures have a hundred times more pixels.</summary>
/// <param name="position">2ΔlnL to the place on the ramp.</param>
/// <remarks>Rows may be painted by several threads. The loops are compiled at once: in a program that makes one picture they are all there is to do.</remarks>
internal sealed class SkyColours(SkyMap map, Palette palette, Func<double, double> position)
{
    private const int LongestStep = 32;     // in pixels

    private readonly CurveTable _curve = map.Curve;
    private readonly int _nside = map.FinestNside;
    private readonly uint[] _colours = new uint[map.Curve.Count];       // 0, which is no opaque colour, where not asked for yet

    /// <summary>A row along any line of the sky.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Paint<T>(Span<uint> pixels, T row)
        where T : struct, ISkyRow
    {
        int stretch = 0;
        for (int x = 0; x < pixels.Length; x++)
        {
            long nest = Healpix.VectorToPixelNest(_nside, row.Direction(x));
            if (!_curve.Holds(stretch, nest)) stretch = _curve.Find(nest);
            pixels[x] = Colour(stretch);
        }
    }

    /// <summary>A row along a circle of declination, or a part of one. It crosses a cell of the sky in one piece, so where both ends of a
    /// piece lie in a cell, all of it does.</summary>
    /// <param name="row">Its pixels are far further apart than rounding moves them, and <see cref="LongestStep"/> of them are less than half a circle.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PaintParallel<T>(Span<uint> pixels, T row)
        where T : struct, ISkyRow
    {
        for (int x = 0; x < pixels.Length; x++)
        {
            long nest = Healpix.VectorToPixelNest(_nside, row.Direction(x));
            int stretch = _curve.Find(nest), shift = _curve.CellShift(stretch, nest), first = x;
            for (int step = LongestStep; step > 0; step /= 2)
            {
                if (x + step < pixels.Length && Healpix.VectorToPixelNest(_nside, row.Direction(x + step)) >> shift == nest >> shift) x += step;
            }

            pixels[first..(x + 1)].Fill(Colour(stretch));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Colour(int stretch) => _colours[stretch] is var known and not 0 ? known : _colours[stretch] = Bitmap.Packed(Make(stretch));

    private Rgb Make(int stretch)
    {
        double value = map.StretchValue(stretch, out bool scanned);
        return !scanned ? PlotParts.Unscanned : double.IsNaN(value) ? palette.Failed : palette.Ramp.At(position(value));
    }
}
