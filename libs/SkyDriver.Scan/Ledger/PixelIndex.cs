using System.Numerics;

namespace SkyDriver.Scan;

/// <summary>Finds a pixel's row: open addressing over row numbers, the keys being the table's own pixel column. 5 to 11 bytes a pixel.</summary>
internal sealed class PixelIndex
{
    private int[] _slots = [];
    private int _shift;

    public int Find(ReadOnlySpan<long> pixels, long ipix)
    {
        if (_slots.Length == 0) return -1;
        for (int slot = Home(ipix); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            int row = _slots[slot] - 1;
            if (row < 0 || pixels[row] == ipix) return row;
        }
    }

    /// <summary>Takes in the rows from <paramref name="first"/> on; those before are known already.</summary>
    public void Add(ReadOnlySpan<long> pixels, int first)
    {
        if (pixels.Length > _slots.Length / 4 * 3)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)(pixels.Length / 3 * 4 + 4));
            _slots = new int[size];
            _shift = 64 - BitOperations.Log2((uint)size);
            first = 0;
        }

        for (int row = first; row < pixels.Length; row++)
        {
            int slot = Home(pixels[row]);
            while (_slots[slot] != 0) slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = row + 1;
        }
    }

    // Fibonacci hashing spreads the runs of neighbouring indices that rings are made of.
    private int Home(long ipix) => unchecked((int)(((ulong)ipix * 0x9E3779B97F4A7C15) >> _shift));
}
