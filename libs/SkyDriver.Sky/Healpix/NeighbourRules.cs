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
        var (face, x, y) = FacePosition.FromRing(nside, ipix);
        bool inside = IsInside(nside, x, y);
        for (int i = 0; i < 8; i++)
        {
            int nx = x + StepX[i], ny = y + StepY[i];
            eight[i] = inside ? new FacePosition(face, nx, ny).ToRing(nside)
                : TryStep(nside, face, nx, ny, out var next) ? next.ToRing(nside) : None;
        }
    }

    public static void Nest(int nside, long nest, Span<long> eight)
    {
        var (face, x, y) = FacePosition.FromNest(nside, nest);
        bool inside = IsInside(nside, x, y);
        for (int i = 0; i < 8; i++)
        {
            int nx = x + StepX[i], ny = y + StepY[i];
            eight[i] = inside ? new FacePosition(face, nx, ny).ToNest(nside)
                : TryStep(nside, face, nx, ny, out var next) ? next.ToNest(nside) : None;
        }
    }

    private static bool IsInside(int nside, int x, int y) => x > 0 && y > 0 && x < nside - 1 && y < nside - 1;

    /// <summary>The position at (x, y), each at most one step outside the cell; false where no pixel touches (eight corners of cells).</summary>
    private static bool TryStep(int nside, int face, int x, int y, out FacePosition next)
    {
        int side = 4 + Outside(ref x, nside) + 3 * Outside(ref y, nside);
        int row = face >> 2, across = Across[9 * row + side], turn = Turn[9 * row + side];
        next = default;
        if (across == None) return false;
        if ((turn & FlipX) != 0) x = nside - 1 - x;
        if ((turn & FlipY) != 0) y = nside - 1 - y;
        if ((turn & Swap) != 0) (x, y) = (y, x);
        next = new((across & ~3) + ((face + across) & 3), x, y);
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
