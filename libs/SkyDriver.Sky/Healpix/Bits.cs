using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SkyDriver.Sky;

/// <summary>Integer steps the HEALPix kernels share.</summary>
internal static class Bits
{
    private const ulong Even = 0x5555_5555_5555_5555;

    /// <summary>The largest r with r² ≤ value, for 0 ≤ value &lt; 2⁶³.</summary>
    /// <remarks>A double cannot hold every value above 2⁵³, so the rounded root may be one off either way.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sqrt(long value)
    {
        long root = Whole(Math.Sqrt(value));
        if (root * root > value) return root - 1;
        return (root + 1) * (root + 1) <= value ? root + 1 : root;
    }

    /// <summary>Truncation for values known to fit; the plain cast also tests for NaN and overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Whole(double value) => double.ConvertToIntegerNative<long>(value);

    /// <summary>1/nside, exact for a power of two, by writing the exponent (a division costs several times more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Inverse(int nside) =>
        BitConverter.Int64BitsToDouble((1023L - BitOperations.Log2((uint)nside)) << 52);

    /// <summary>Interleaves two numbers below 2³¹: bit i of x goes to bit 2i, bit i of y to bit 2i + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Interleave(int x, int y) => Bmi2.X64.IsSupported
        ? (long)(Bmi2.X64.ParallelBitDeposit((uint)x, Even) | Bmi2.X64.ParallelBitDeposit((uint)y, ~Even))
        : (long)(Spread((uint)x) | Spread((uint)y) << 1);

    /// <summary>The inverse of <see cref="Interleave"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int X, int Y) Separate(long code) => Bmi2.X64.IsSupported
        ? ((int)Bmi2.X64.ParallelBitExtract((ulong)code, Even), (int)Bmi2.X64.ParallelBitExtract((ulong)code, ~Even))
        : ((int)Gather((ulong)code), (int)Gather((ulong)code >> 1));

    /// <summary>Moves bit i to bit 2i by halving blocks, for machines without a bit-deposit instruction.</summary>
    internal static ulong Spread(ulong value)
    {
        value = (value | value << 16) & 0x0000_FFFF_0000_FFFF;
        value = (value | value << 8) & 0x00FF_00FF_00FF_00FF;
        value = (value | value << 4) & 0x0F0F_0F0F_0F0F_0F0F;
        value = (value | value << 2) & 0x3333_3333_3333_3333;
        return (value | value << 1) & Even;
    }

    /// <summary>Moves bit 2i to bit i and drops the odd bits.</summary>
    internal static ulong Gather(ulong value)
    {
        value &= Even;
        value = (value | value >> 1) & 0x3333_3333_3333_3333;
        value = (value | value >> 2) & 0x0F0F_0F0F_0F0F_0F0F;
        value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF;
        value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF;
        return (value | value >> 16) & 0xFFFF_FFFF;
    }
}
