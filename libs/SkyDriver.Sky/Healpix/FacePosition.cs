using System.Numerics;
using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>A pixel as base cell 0 … 11 and column, row inside it: x grows to the north-east, y to the north-west.</summary>
/// <remarks>Górski et al. 2005, ApJ 622, 759, section 5. NESTED numbers are this position with the bits of x and y interleaved.</remarks>
internal readonly record struct FacePosition(int Face, int X, int Y)
{
    /// <summary>The ring, in units of nside, of a face's southern corner.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SouthCorner(int face) => 2 + (face >> 2);

    /// <summary>The longitude, in eighths of a turn, of a face's centre.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CentreEighth(int face) => 2 * (face & 3) + 1 - (face >> 2 & 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FacePosition FromNest(int nside, long nest)
    {
        int order = BitOperations.Log2((uint)nside);
        var (x, y) = Bits.Separate(nest & ((long)nside * nside - 1));
        return new((int)(nest >> (2 * order)), x, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ToNest(int nside) => ((long)Face << (2 * BitOperations.Log2((uint)nside))) + Bits.Interleave(X, Y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FacePosition FromRing(int nside, long ipix)
    {
        long n = nside, cap = RingScheme.CapCount(n), pixels = 12 * n * n;
        long ring, width, column, odd = 0;                 // width: pixels per quarter turn
        int face;
        if (ipix < cap)
        {
            ring = width = (1 + Bits.Sqrt(1 + 2 * ipix)) >> 1;
            column = ipix - 2 * ring * (ring - 1);
            face = QuarterOf(column, width);
        }
        else if (ipix < pixels - cap)
        {
            int order = BitOperations.Log2((uint)nside);
            long row = (ipix - cap) >> (order + 2);
            (ring, width, odd) = (row + n, n, row & 1);
            column = (ipix - cap) & (4 * n - 1);
            face = BeltFace((int)((column + (row >> 1)) >> order), (int)((column + n - ((row + 1) >> 1)) >> order));
        }
        else
        {
            long fromPole = pixels - 1 - ipix;
            width = (1 + Bits.Sqrt(1 + 2 * fromPole)) >> 1;
            ring = 4 * n - width;
            column = 4 * width - 1 - (fromPole - 2 * width * (width - 1));
            face = 8 + QuarterOf(column, width);
        }

        long down = ring - SouthCorner(face) * n + 1;
        long east = 2 * column + 1 - CentreEighth(face) * width - odd;
        if (east >= 2 * n) east -= 8 * n;
        return new(face, (int)((east - down) >> 1), (int)((-east - down) >> 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ToRing(int nside) => RingScheme.Row(nside, Ring(nside)).PixelAt(Face, X - Y);

    /// <summary>Ring number, 1 … 4·nside - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Ring(int nside) => SouthCorner(Face) * (long)nside - X - Y - 1;

    /// <summary>The belt's face from the face borders crossed eastward, in each family of lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BeltFace(int rising, int falling) =>
        rising == falling ? rising | 4 : rising < falling ? rising : falling + 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int QuarterOf(long column, long width) =>
        (column >= width ? 1 : 0) + (column >= 2 * width ? 1 : 0) + (column >= 3 * width ? 1 : 0);
}
