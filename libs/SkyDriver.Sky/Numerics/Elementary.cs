using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SkyDriver.Sky.Numerics;

/// <summary>Elementary functions whose last bit is the same on every machine.</summary>
/// <remarks>
/// The runtime's own are those of the system's C library, which picks other code on other processors, and its vector forms fuse where they
/// can. Workers of one scan run on whatever machine the pool has, and their answers must be equal byte for byte. So everything
/// that a fit or a direction goes through is made of +, −, ×, ÷, √ and fused multiply-add, each rounded once by IEEE 754, in a fixed order.
/// Polynomials: interpolation at Chebyshev nodes in 60-digit arithmetic. Scalars are lanes of the vector functions where those exist.
/// </remarks>
public static partial class Elementary
{
    private const double LeastNormal = 2.2250738585072014e-308;

    /// <summary>Largest angle (rad) whose reduction by three parts of π/2 keeps full precision.</summary>
    private const double PreciselyReduced = 1 << 20;
    private const double TwoOverPi = 0.6366197723675814;
    private const double HalfPi = 1.5707963267948966, HalfPiRest = 6.123233995736766e-17, HalfPiRest2 = -1.4973849048591698e-33;

    /// <summary>tan(π/8): above it the arc is measured from π/4.</summary>
    private const double TanEighth = 0.41421356237309503;

    /// <summary>Below this, e²ˣ − 1 is formed without a difference of numbers near 1.</summary>
    private const double NoCancellation = 0.34;

    public static double Log(double x) => Log(Vector256.Create(x)).ToScalar();

    public static double Exp(double x) => Exp(Vector256.Create(x)).ToScalar();

    /// <summary>ln(1 + x) without losing small x; x &gt; −1.</summary>
    /// <remarks>W. Kahan's correction for the rounding of 1 + x.</remarks>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Log(sum) * (x / (sum - 1));
    }

    /// <summary>eˣ − 1 without losing small x.</summary>
    public static double ExpMinusOne(double x) => Math.Abs(x) <= NoCancellation ? Math.FusedMultiplyAdd(x * x, ExpTail(Vector256.Create(x)).ToScalar(), x) : Exp(x) - 1;

    /// <summary>xʸ for x &gt; 0; relative error about |y ln x| units in the last place. 0 for x = 0 and y &gt; 0.</summary>
    public static double Pow(double x, double y) => y == 0 ? 1 : Exp(y * Log(x));

    /// <summary>10ˣ for |x| &lt; 300; relative error below 2 units in the last place.</summary>
    public static double PowerOfTen(double x)
    {
        const double ln10 = 2.302585092994046, ln10Rest = -2.1707562233822494e-16;
        double product = x * ln10;
        double rest = Math.FusedMultiplyAdd(x, ln10, -product) + x * ln10Rest;
        double power = Exp(product);
        return Math.FusedMultiplyAdd(power, rest, power);
    }

    public static double Sinh(double x)
    {
        double grown = ExpMinusOne(Math.Abs(x));
        return Math.CopySign(double.IsInfinity(grown) ? grown : (grown + grown / (grown + 1)) / 2, x);
    }

    public static double Asinh(double x)
    {
        double size = Math.Abs(x);
        return Math.CopySign(LogOnePlus(size + size * size / (1 + Math.Sqrt(Math.FusedMultiplyAdd(size, size, 1)))), x);
    }

    public static double Tanh(double x)
    {
        if (Math.Abs(x) > 20) return Math.CopySign(1, x);
        double grown = ExpMinusOne(2 * x);
        return grown / (grown + 2);
    }

    public static double Sin(double radians) => SinCos(radians).Sin;

    public static double Cos(double radians) => SinCos(radians).Cos;

    /// <summary>Sine and cosine; not a number for infinite angles. Angles beyond a million radians are first reduced by the double nearest to 2π.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double Sin, double Cos) SinCos(double radians)
    {
        if (!(Math.Abs(radians) <= PreciselyReduced)) radians = Math.IEEERemainder(radians, 2 * Math.PI);
        double quarter = Math.Round(radians * TwoOverPi);
        double r = Math.FusedMultiplyAdd(-quarter, HalfPi, radians), reduced = Math.FusedMultiplyAdd(-quarter, HalfPiRest, r);
        // What the subtraction dropped matters next to a multiple of π/2, where little is left of r.
        double dropped = Math.FusedMultiplyAdd(-quarter, HalfPiRest2, Math.FusedMultiplyAdd(-quarter, HalfPiRest, r - reduced));
        double sin = SineOfReduced(reduced, dropped), cos = CosineOfReduced(reduced, dropped);
        if (double.IsNaN(quarter)) return (double.NaN, double.NaN);
        return ((long)quarter & 3) switch { 0 => (sin, cos), 1 => (cos, -sin), 2 => (-sin, -cos), _ => (-cos, sin) };
    }

    /// <summary>Angle of the point (x, y), radians, in [−π, π], with the signs of zero as IEEE 754 has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Atan2(double y, double x)
    {
        double height = Math.Abs(y), width = Math.Abs(x);
        if (double.IsNaN(height) || double.IsNaN(width)) return double.NaN;
        if (double.IsInfinity(height) || double.IsInfinity(width)) (height, width) = (double.IsInfinity(height) ? 1 : 0, double.IsInfinity(width) ? 1 : 0);
        bool isSteep = height > width;
        (double less, double more) = isSteep ? (width, height) : (height, width);
        double arc = more == 0 ? 0 : ArcOfRatio(less, more);
        if (isSteep) arc = HalfPi - (arc - HalfPiRest);
        if (double.IsNegative(x)) arc = Math.PI - (arc - 2 * HalfPiRest);
        return Math.CopySign(arc, y);
    }

    /// <summary>In [−π/2, π/2]; not a number outside [−1, 1].</summary>
    public static double Asin(double x) => Math.Abs(x) <= 1 ? Atan2(x, Math.Sqrt((1 - x) * (1 + x))) : double.NaN;

    /// <summary>In [0, π]; not a number outside [−1, 1].</summary>
    public static double Acos(double x) => Math.Abs(x) <= 1 ? Atan2(Math.Sqrt((1 - x) * (1 + x)), x) : double.NaN;

    /// <summary>ln Γ(x) for x &gt; 0; absolute error below 1e-14 (1 + |result|).</summary>
    /// <remarks>Stirling's series (NIST DLMF 5.11.1) above 12; smaller x step up by the recurrence.</remarks>
    public static double LogGamma(double x)
    {
        const double halfLogTwoPi = 0.9189385332046728, largeEnough = 12;
        double product = 1;
        for (; x < largeEnough; x++) product *= x;
        double inverse = 1 / x, square = inverse * inverse;
        double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188 - square * (691.0 / 360360 - square / 156))))));
        return (x - 0.5) * Log(x) - x + halfLogTwoPi + series - Log(product);
    }

    /// <summary>sin(r + dropped) for |r| ≤ π/4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double SineOfReduced(double r, double dropped)
    {
        double z = r * r;
        double p = Math.FusedMultiplyAdd(z, 1.5918115263265974e-10, -2.505113165023518e-08);
        p = Math.FusedMultiplyAdd(z, p, 2.7557316101617874e-06);
        p = Math.FusedMultiplyAdd(z, p, -0.00019841269836756774);
        p = Math.FusedMultiplyAdd(z, p, 0.008333333333330948);
        p = Math.FusedMultiplyAdd(z, p, -0.16666666666666666);
        return r + Math.FusedMultiplyAdd(z * r, p, Math.FusedMultiplyAdd(-0.5 * z, dropped, dropped));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double CosineOfReduced(double r, double dropped)
    {
        double z = r * r, half = 0.5 * z;
        double p = Math.FusedMultiplyAdd(z, -1.1382623647474604e-11, 2.087614614655861e-09);
        p = Math.FusedMultiplyAdd(z, p, -2.7557317271145144e-07);
        p = Math.FusedMultiplyAdd(z, p, 2.480158729876456e-05);
        p = Math.FusedMultiplyAdd(z, p, -0.0013888888888887398);
        p = Math.FusedMultiplyAdd(z, p, 0.041666666666666664);
        double near = 1 - half, lost = 1 - near - half;
        return near + Math.FusedMultiplyAdd(z * z, p, lost - r * dropped);
    }

    /// <summary>arctan(less / more) for 0 ≤ less ≤ more, more &gt; 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ArcOfRatio(double less, double more)
    {
        bool fromEighth = less > TanEighth * more;
        double t = fromEighth ? (less - more) / (less + more) : less / more, z = t * t;
        double p = Math.FusedMultiplyAdd(z, -0.019175404711104935, 0.03923044778479309);
        p = Math.FusedMultiplyAdd(z, p, -0.050854078345894844);
        p = Math.FusedMultiplyAdd(z, p, 0.05858140904866328);
        p = Math.FusedMultiplyAdd(z, p, -0.06664510525508936);
        p = Math.FusedMultiplyAdd(z, p, 0.07692183125376892);
        p = Math.FusedMultiplyAdd(z, p, -0.0909090457530649);
        p = Math.FusedMultiplyAdd(z, p, 0.11111111015187018);
        p = Math.FusedMultiplyAdd(z, p, -0.14285714284665682);
        p = Math.FusedMultiplyAdd(z, p, 0.19999999999995516);
        p = Math.FusedMultiplyAdd(z, p, -0.3333333333333333);
        double arc = Math.FusedMultiplyAdd(z * t, p, t);
        return fromEighth ? HalfPi / 2 + (arc + HalfPiRest / 2) : arc;
    }
}
