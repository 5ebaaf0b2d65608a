using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SkyDriver.Sky.Numerics;

public static partial class Elementary
{
    private const double Ln2 = 0.6931471805599453, Ln2Rest = 2.3190468138462996e-17, Log2E = 1.4426950408889634;

    /// <summary>√½ as bits; taking it off before the exponent is cut out leaves mantissas from √½ to √2.</summary>
    private const long RootHalf = 0x3FE6_A09E_667F_3BCD;
    private const long ExponentOne = 0x3FF0_0000_0000_0000, MantissaMask = 0x000F_FFFF_FFFF_FFFF;

    /// <summary>Adding it to a small number puts that number's integer part, rounded, into the lowest bits.</summary>
    private const double RoundingShift = 6755399441055744;

    /// <summary>2⁵², whose mantissa takes an integer as it is.</summary>
    private const double IntegerShift = 4503599627370496;

    /// <summary>Below this, 2ᵏ still has an exponent of its own on either side.</summary>
    private const double PlainExponent = 708;

    /// <summary>Natural logarithm, lane by lane; relative error below 1 unit in the last place.</summary>
    /// <remarks>ln(2ᵏ m) with m in [√½, √2]: k ln 2 + 2 artanh((m − 1)/(m + 1)), the series of artanh as a polynomial.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Log(Vector256<double> x)
    {
        Vector256<double> ln = LogOfNormal(x);
        Vector256<double> isNormal = Vector256.GreaterThanOrEqual(x, Vector256.Create(LeastNormal)) & Vector256.LessThan(x, Vector256.Create(double.PositiveInfinity));
        return Vector256.EqualsAll(isNormal.AsInt64(), Vector256<long>.AllBitsSet) ? ln : Vector256.ConditionalSelect(isNormal, ln, LogOfRest(x));
    }

    /// <summary>eˣ, lane by lane; relative error below 1 unit in the last place, two where the result is below 1e-307 or above 1e307.</summary>
    /// <remarks>x = k ln 2 + r with |r| at most half of ln 2; eʳ as a polynomial.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Exp(Vector256<double> x)
    {
        Vector256<double> exp = ExpOfPlain(x);
        Vector256<double> isPlain = Vector256.LessThanOrEqual(Vector256.Abs(x), Vector256.Create(PlainExponent));
        return Vector256.EqualsAll(isPlain.AsInt64(), Vector256<long>.AllBitsSet) ? exp : Vector256.ConditionalSelect(isPlain, exp, ExpOfRest(x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LogOfNormal(Vector256<double> x)
    {
        Vector256<long> bits = x.AsInt64() + Vector256.Create(ExponentOne - RootHalf);
        Vector256<double> k = (Vector256.ShiftRightLogical(bits, 52) | Vector256.Create(IntegerShift).AsInt64()).AsDouble() - Vector256.Create(IntegerShift + 1023);
        Vector256<double> f = ((bits & Vector256.Create(MantissaMask)) + Vector256.Create(RootHalf)).AsDouble() - Vector256<double>.One;
        Vector256<double> s = f / (f + Vector256.Create(2.0)), z = s * s, half = f * f * 0.5;
        Vector256<double> p = Fma(z, Vector256.Create(0.1308675766695207), Vector256.Create(0.13268760562036724));
        p = Fma(z, p, Vector256.Create(0.15386240172447838));
        p = Fma(z, p, Vector256.Create(0.18181795631498243));
        p = Fma(z, p, Vector256.Create(0.22222222391794727));
        p = Fma(z, p, Vector256.Create(0.28571428570803253));
        p = Fma(z, p, Vector256.Create(0.4000000000000088));
        p = Fma(z, p, Vector256.Create(0.6666666666666666));

        // 2 artanh s = f − f²/2 + s (f²/2 + z p): the large parts are exact, the correction is small.
        Vector256<double> correction = Fma(s, Fma(z, p, half), k * Ln2Rest);
        return Fma(k, Vector256.Create(Ln2), f - (half - correction));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ExpOfPlain(Vector256<double> x)
    {
        Vector256<double> shifted = Fma(x, Vector256.Create(Log2E), Vector256.Create(RoundingShift));
        Vector256<double> k = shifted - Vector256.Create(RoundingShift);
        Vector256<double> r = Fma(k, Vector256.Create(-Ln2Rest), Fma(k, Vector256.Create(-Ln2), x));
        Vector256<double> exp = Fma(r * r, ExpTail(r), r) + Vector256<double>.One;
        return (exp.AsInt64() + Vector256.ShiftLeft(shifted.AsInt64(), 52)).AsDouble();
    }

    /// <summary>(eʳ − 1 − r) / r² for |r| ≤ ½ ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ExpTail(Vector256<double> r)
    {
        Vector256<double> p = Fma(r, Vector256.Create(2.0914680780540263e-09), Vector256.Create(2.5105208339987698e-08));
        p = Fma(r, p, Vector256.Create(2.7557273657975953e-07));
        p = Fma(r, p, Vector256.Create(2.7557255421023506e-06));
        p = Fma(r, p, Vector256.Create(2.4801587325536023e-05));
        p = Fma(r, p, Vector256.Create(0.00019841269874804214));
        p = Fma(r, p, Vector256.Create(0.0013888888888883752));
        p = Fma(r, p, Vector256.Create(0.00833333333332614));
        p = Fma(r, p, Vector256.Create(0.04166666666666667));
        p = Fma(r, p, Vector256.Create(0.1666666666666667));
        return Fma(r, p, Vector256.Create(0.5));
    }

    /// <summary>Zero, negative, infinite, subnormal or not a number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<double> LogOfRest(Vector256<double> x)
    {
        Vector256<double> result = default;
        for (int lane = 0; lane < Vector256<double>.Count; lane++)
        {
            double value = x.GetElement(lane);
            double ln = value switch
            {
                0 => double.NegativeInfinity,
                > 0 and < LeastNormal => LogOfNormal(Vector256.Create(value * 18014398509481984)).ToScalar() - 54 * Ln2,
                double.PositiveInfinity => double.PositiveInfinity,
                _ => double.NaN,
            };
            result = result.WithElement(lane, ln);
        }

        return result;
    }

    /// <summary>Where the result nearly leaves the range of doubles, leaves it, or is not a number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<double> ExpOfRest(Vector256<double> x)
    {
        // Beyond ±1500 both halves are at the end of the range together, so the square is what it should be.
        Vector256<double> half = Vector256.ConditionalSelect(
            Vector256.LessThan(x, Vector256<double>.Zero), Larger(x, Vector256.Create(-1400.0)), Smaller(x, Vector256.Create(1400.0))) * 0.5;
        Vector256<double> root = ExpOfPlain(half), result = root * root;
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, Vector256.Create(double.NaN));
    }

    /// <summary>Lane by lane; <paramref name="b"/> where either is not a number.</summary>
    /// <remarks>Not the processor's own maximum, which treats not-a-number differently from one make to the next.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Larger(Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);

    /// <summary>As <see cref="Larger"/>, the other way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Smaller(Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);

    /// <summary>Rounded once, on every machine: where the processor cannot, the runtime does it exactly, if slowly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Fma(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);
}
