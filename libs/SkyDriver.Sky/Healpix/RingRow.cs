using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>The pixels of one ring.</summary>
/// <param name="First">RING number of the first pixel.</param>
/// <param name="Width">Pixels in a quarter turn.</param>
/// <param name="Odd">1 for every second ring of the belt, whose first centre lies at φ = 0; else 0, half a pixel further east.</param>
internal readonly record struct RingRow(long First, long Width, long Odd)
{
    public long Count => 4 * Width;

    /// <summary>Longitude of the first centre in pixel widths.</summary>
    public double Shift => 0.5 * (1 - Odd);

    /// <summary>The pixel at a column counted around the ring, at most one turn outside 0 … count - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long PixelAt(long column) => First + (column < 0 ? column + Count : column >= Count ? column - Count : column);

    /// <summary>The pixel of a face that lies x - y half-pixels east of the face's centre line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long PixelAt(int face, int eastward) =>
        PixelAt((FacePosition.CentreEighth(face) * Width + eastward - 1 + Odd) >> 1);
}
