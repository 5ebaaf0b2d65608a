using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SkyDriver.Sky;

namespace SkyDriver.Products.Fits;

/// <summary>The rows of a flat map as they stand in the file: one double a pixel, most significant byte first. Painted cell by cell, as a map
/// has thousands of cells and millions of pixels.</summary>
internal sealed class FlatMap
{
    private readonly int _nside;
    private readonly bool _nested;
    private readonly byte[] _rows;

    /// <param name="background">Of pixels that no cell covers.</param>
    public FlatMap(int nside, bool nested, double background)
    {
        (_nside, _nested) = (nside, nested);
        _rows = GC.AllocateUninitializedArray<byte>(checked((int)(sizeof(double) * Healpix.PixelCount(nside))));
        Pixels.Fill(Stored(background));
    }

    public ReadOnlySpan<byte> Rows => _rows;

    private Span<long> Pixels => MemoryMarshal.Cast<byte, long>(_rows.AsSpan());

    /// <param name="cellNside">At most that of the map.</param>
    /// <param name="nest">The cell's NESTED number.</param>
    public void Fill(int cellNside, long nest, double value)
    {
        if (!_nested)
        {
            Healpix.FillCell(Pixels, _nside, cellNside, nest, Stored(value));
            return;
        }

        int count = (int)Healpix.FirstChildNest(cellNside, 1, _nside);
        Pixels.Slice((int)(nest * count), count).Fill(Stored(value));
    }

    private static long Stored(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        return MemoryMarshal.Read<long>(bytes);
    }
}
