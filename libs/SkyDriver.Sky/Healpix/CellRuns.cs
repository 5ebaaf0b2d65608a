using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>A cell as its pixels of a finer nside: a diamond, which on each ring is a run of neighbouring RING numbers.</summary>
internal static class CellRuns
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill<T>(Span<T> map, int nside, int cellNside, long cellNest, T value)
    {
        var (face, cellX, cellY) = FacePosition.FromNest(cellNside, cellNest);
        int side = nside / cellNside, south = (cellX + cellY) * side, west = (cellX - cellY) * side;
        long corner = (FacePosition.SouthCorner(face) * (long)nside) - south - 1;
        for (int up = 0; up <= 2 * (side - 1); up++)
        {
            // Of pixels at (x, y) with x + y = up, the westernmost; the others follow in steps of (1, -1).
            int fromEdge = up < side ? up : (2 * (side - 1)) - up;
            RingRow row = RingScheme.Row(nside, corner - up);
            Fill(map, row, row.PixelAt(face, west - fromEdge), fromEdge + 1, value);
        }
    }

    // A run may go on at the ring's first pixel, where right ascension starts again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill<T>(Span<T> map, in RingRow row, long first, int count, T value)
    {
        int before = (int)Math.Min(count, row.First + row.Count - first);
        foreach (ref T pixel in map.Slice((int)first, before)) pixel = value;
        foreach (ref T pixel in map.Slice((int)row.First, count - before)) pixel = value;
    }
}
