using System.Numerics;
using System.Runtime.CompilerServices;

namespace SkyDriver.Products.Maps;

/// <summary>Values of pixels by their number. Areas and contours ask for some hundred thousand before a program that makes files once has
/// warmed up; a dictionary of the runtime is compiled for these types then, and waits for its turn to be made fast.</summary>
internal sealed class PixelValues
{
    private const long Empty = -1;
    private readonly long[] _numbers;
    private readonly double[] _values;
    private readonly int _shift;

    /// <param name="pixels">Numbers from 0; none twice.</param>
    /// <exception cref="ArgumentException">A number comes twice.</exception>
    public PixelValues(IReadOnlyCollection<(long Number, double Value)> pixels)
    {
        int bits = BitOperations.Log2((uint)pixels.Count) + 2;      // at least half of the places stay empty
        (_numbers, _values, _shift) = (new long[1 << bits], new double[1 << bits], 64 - bits);
        Array.Fill(_numbers, Empty);
        foreach ((long number, double value) in pixels)
        {
            int place = Place(number);
            if (_numbers[place] == number) throw new ArgumentException($"Pixel {number} comes twice.", nameof(pixels));
            (_numbers[place], _values[place]) = (number, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(long number, out double value)
    {
        int place = Place(number);
        value = _values[place];
        return _numbers[place] == number;
    }

    // The pixel's, or the empty one where it would go. Neighbouring numbers are spread by the golden ratio.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Place(long number)
    {
        long[] numbers = _numbers;
        int place = (int)(unchecked((ulong)number * 0x9E37_79B9_7F4A_7C15) >> _shift);
        while (numbers[place] != number && numbers[place] != Empty) place = (place + 1) & (numbers.Length - 1);
        return place;
    }
}
