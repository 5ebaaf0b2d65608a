using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>The eight pixels that touch a pixel, also across base-cell borders.</summary>
internal static class NeighbourRules
{
    private const int FlipX = 1, FlipY = 2, Swap = 4, None = -1;

    /// <summary>Steps in x and y to the neighbours SW, W, NW, N, NE, E, SE, S.</summary>
    private static ReadOnlySpan<sbyte> StepX => [-1, -1, 0, 1, 1, 1, 0, -1];

    private static ReadOnlySpan<sbyte> StepY => [0, 1, 1, 1, 0, -1, -1, -1];

    /// <summary>
    /// What lies across a border or corner of a cell, for cells of the northern, equatorial and southern row (one line each)
    /// and the sides (x, y) = (-,-) (0,-) (+,-) (-,0) (0,0) (+,0) (-,+) (0,+) (+,+): row · 4 + cells to the east, or none.
    /// </summary>
    private static ReadOnlySpan<sbyte> Across =>
    [
        8, 5, None, 4, 0, 1, None, 3, 2,
        None, 8, 5, 11, 4, 0, 7, 3, None,
        10, 9, None, 11, 8, 5, None, 4, 0,
    ];

    /// <summary>How the axes of that cell lie against ours, same layout; flips first, then the swap.</summary>
    private static ReadOnlySpan<sbyte> Turn =>
    [
        0, 0, 0, 0, 0, FlipX | Swap, 0, FlipY | Swap, FlipX | FlipY,
        0, 0, 0, 0, 0, 0, 0, 0, 0,
        FlipX | FlipY, FlipY | Swap, 0, FlipX | Swap, 0, 0, 0, 0, 0,
    ];

    public static void Ring(int nside, long ipix, Span<long> eight)
    {
        var pixel = FacePosition.FromRing(nside, ipix);
        if (IsInside(nside, pixel))
        {
            RingInside(nside, pixel, eight);
            return;
        }

        for (int i = 0; i < 8; i++) eight[i] = TryStep(nside, pixel, i, out var next) ? next.ToRing(nside) : None;
    }

    public static void Nest(int nside, long nest, Span<long> eight)
    {
        var pixel = FacePosition.FromNest(nside, nest);
        if (IsInside(nside, pixel))
        {
            for (int i = 0; i < 8; i++) eight[i] = new FacePosition(pixel.Face, pixel.X + StepX[i], pixel.Y + StepY[i]).ToNest(nside);
            return;
        }

        for (int i = 0; i < 8; i++) eight[i] = TryStep(nside, pixel, i, out var next) ? next.ToNest(nside) : None;
    }

    /// <summary>The common case, away from cell borders: five rings hold all eight, so each is worked out once.</summary>
    private static void RingInside(int nside, in FacePosition pixel, Span<long> eight)
    {
        long ring = pixel.Ring(nside);
        int face = pixel.Face, eastward = pixel.X - pixel.Y;
        RingRow above = RingScheme.Row(nside, ring - 1), same = RingScheme.Row(nside, ring), below = RingScheme.Row(nside, ring + 1);
        eight[7] = RingScheme.Row(nside, ring + 2).PixelAt(face, eastward);
        eight[0] = below.PixelAt(face, eastward - 1);
        eight[1] = same.PixelAt(face, eastward - 2);
        eight[2] = above.PixelAt(face, eastward - 1);
        eight[3] = RingScheme.Row(nside, ring - 2).PixelAt(face, eastward);
        eight[4] = above.PixelAt(face, eastward + 1);
        eight[5] = same.PixelAt(face, eastward + 2);
        eight[6] = below.PixelAt(face, eastward + 1);
    }

    private static bool IsInside(int nside, in FacePosition pixel) =>
        pixel.X > 0 && pixel.Y > 0 && pixel.X < nside - 1 && pixel.Y < nside - 1;

    /// <summary>The neighbour in a direction 0 … 7, also across borders; false where no pixel touches (eight corners of cells).</summary>
    private static bool TryStep(int nside, in FacePosition pixel, int direction, out FacePosition next)
    {
        int x = pixel.X + StepX[direction], y = pixel.Y + StepY[direction];
        int side = 4 + Outside(ref x, nside) + 3 * Outside(ref y, nside);
        int row = pixel.Face >> 2, across = Across[9 * row + side], turn = Turn[9 * row + side];
        next = default;
        if (across == None) return false;
        if ((turn & FlipX) != 0) x = nside - 1 - x;
        if ((turn & FlipY) != 0) y = nside - 1 - y;
        if ((turn & Swap) != 0) (x, y) = (y, x);
        next = new((across & ~3) + ((pixel.Face + across) & 3), x, y);
        return true;
    }

    /// <summary>-1 or 1 when the coordinate left the cell, and wraps it into the next one; else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Outside(ref int coordinate, int nside)
    {
        if (coordinate < 0)
        {
            coordinate += nside;
            return -1;
        }

        if (coordinate < nside) return 0;
        coordinate -= nside;
        return 1;
    }
}
