namespace SkyDriver.Sky;

/// <summary>The pixels of one ring.</summary>
/// <param name="First">RING number of the first pixel.</param>
/// <param name="Count">Pixels in the ring, a multiple of four.</param>
/// <param name="Shift">Longitude of the first centre in pixel widths: 0 or ½.</param>
internal readonly record struct RingRow(long First, long Count, double Shift)
{
    /// <summary>The pixel at a column counted around the ring, at most one turn outside 0 … count - 1.</summary>
    public long PixelAt(long column) => First + (column < 0 ? column + Count : column >= Count ? column - Count : column);
}
