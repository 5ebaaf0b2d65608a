using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube.Ice;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>The probability of a module's first pulse, four modules at a time: what track and cascade likelihoods share.</summary>
/// <remarks>First of N photons, P = N f S^(N−1), over a flat noise floor (J. Ahrens et al., NIM A 524 (2004) 169).</remarks>
internal static class FirstPulse
{
    /// <summary>Share of noise among first pulses, and its density in 1/ns: flat over 6 µs.</summary>
    internal const double NoiseShare = 1e-3, NoiseDensity = NoiseShare / 6000;

    /// <summary>Far below the noise floor; keeps exp away from denormals.</summary>
    private const double LeastLn = -40;

    /// <summary>ln ξ of the table's first node, for effective distances in metres.</summary>
    public static double LeastLnDistance(PandelTable table) => table.LeastU + Elementary.Log(BulkIce.ScatteringLength);

    /// <summary>Length of a column for so many modules: whole vectors.</summary>
    public static int Padded(int modules) => (modules + Vector256<double>.Count - 1) / Vector256<double>.Count * Vector256<double>.Count;

    /// <summary><see cref="BulkIce.EffectiveOffset"/> for four modules.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> EffectiveOffset(Vector256<double> eta) => Fma(eta, Fma(eta, Vector256.Create(4.6), Vector256.Create(-3.9)), Vector256.Create(3.1));

    /// <summary>Derivative of <see cref="EffectiveOffset"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> EffectiveOffsetSlope(Vector256<double> eta) => Fma(eta, Vector256.Create(9.2), Vector256.Create(-3.9));

    /// <summary>ln of the probability density, floor included.</summary>
    /// <param name="table">Of the jitter.</param>
    /// <param name="leastLnDistance">As <see cref="LeastLnDistance"/> gives it.</param>
    /// <param name="effective">Effective distance, m.</param>
    /// <param name="r">Residual time in double jitters.</param>
    /// <param name="halfJitter">1 / 2σ, 1/ns.</param>
    /// <param name="others">N − 1.</param>
    /// <param name="lnN">ln N.</param>
    /// <param name="weight">1, or 0 for what only fills the vector.</param>
    /// <param name="byEffective">Receives weight times the derivative by the effective distance.</param>
    /// <param name="byTime">Receives weight times the derivative by metres of light travel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Ln<TMode>(
        PandelTable table, double leastLnDistance, Vector256<double> effective, Vector256<double> r, double halfJitter, Vector256<double> others, Vector256<double> lnN,
        Vector256<double> weight, out Vector256<double> byEffective, out Vector256<double> byTime)
        where TMode : struct, IKernelMode
    {
        Vector256<double> root = Coordinates(table, leastLnDistance, effective, r, out Vector256<double> shape, out Vector256<double> time);
        Vector256<double> shapeInside = Inside(shape, PandelTable.ShapeNodes), timeInside = Inside(time, PandelTable.TimeNodes);

        Vector256<double> slopeShape = default, slopeTime = default;
        Vector256<double> ln = lnN + (typeof(TMode) == typeof(ValueOnly)
            ? SplineLookup.Value(table, shapeInside, timeInside, others)
            : SplineLookup.ValueAndSlopes(table, shapeInside, timeInside, others, out slopeShape, out slopeTime));
        Vector256<double> sum = OverFloor(ln, out Vector256<double> signal);
        byEffective = byTime = default;
        if (typeof(TMode) == typeof(WithGradient))
        {
            Vector256<double> share = weight * signal / sum & Vector256.GreaterThan(ln, Vector256.Create(LeastLn));
            byEffective = share * slopeShape * table.ShapeScale / effective & Vector256.Equals(shape, shapeInside);
            byTime = share * slopeTime * (table.TimeScale * halfJitter / BulkIce.SpeedOfLight) / root & Vector256.Equals(time, timeInside);
        }

        return Elementary.Log(sum);
    }

    /// <summary>Density and survival probability of one photon's time, for what mixes several sources.</summary>
    /// <param name="table">Of the jitter.</param>
    /// <param name="leastLnDistance">As <see cref="LeastLnDistance"/> gives it.</param>
    /// <param name="effective">Effective distance, m.</param>
    /// <param name="r">Residual time in double jitters.</param>
    /// <param name="survival">Receives S.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Density(PandelTable table, double leastLnDistance, Vector256<double> effective, Vector256<double> r, out Vector256<double> survival)
    {
        Coordinates(table, leastLnDistance, effective, r, out Vector256<double> shape, out Vector256<double> time);
        (shape, time) = (Inside(shape, PandelTable.ShapeNodes), Inside(time, PandelTable.TimeNodes));
        Vector256<double> density = SplineLookup.Value(table, shape, time, Vector256<double>.Zero);
        survival = Elementary.Exp(SplineLookup.Value(table, shape, time, Vector256<double>.One) - density);
        return Elementary.Exp(density);
    }

    /// <summary>The probability density with the noise floor under it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> OverFloor(Vector256<double> ln, out Vector256<double> signal)
    {
        signal = Elementary.Exp(Elementary.Larger(ln, Vector256.Create(LeastLn))) * (1 - NoiseShare);
        return signal + Vector256.Create(NoiseDensity);
    }

    /// <summary>Coordinates on the table's grid, which may lie beyond it; returns √(r² + 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Coordinates(
        PandelTable table, double leastLnDistance, Vector256<double> effective, Vector256<double> r, out Vector256<double> shape, out Vector256<double> time)
    {
        Vector256<double> root = Vector256.Sqrt(Fma(r, r, Vector256<double>.One));
        Vector256<double> asinh = Vector256.CopySign(Elementary.Log(Vector256.Abs(r) + root), r);
        shape = (Elementary.Log(effective) - Vector256.Create(leastLnDistance)) * table.ShapeScale;
        time = (asinh - Vector256.Create(table.LeastX)) * table.TimeScale;
        return root;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load(double[] column, int i) => Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(column), (nuint)(uint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Fma(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);

    /// <summary>Always in the same order, whatever the machine.</summary>
    public static double Fold(Vector256<double> sum) => sum.GetElement(0) + sum.GetElement(1) + (sum.GetElement(2) + sum.GetElement(3));

    /// <summary>The nearest coordinate on a grid; not-a-number becomes its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Inside(Vector256<double> coordinate, double nodes) =>
        Elementary.Larger(Elementary.Smaller(coordinate, Vector256.Create(nodes - 1)), Vector256<double>.Zero);
}
