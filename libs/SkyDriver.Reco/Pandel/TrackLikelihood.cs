using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>−ln L of first-pulse times for a track of fixed direction, in its three free parameters (u, v, s), all in metres.</summary>
/// <remarks>
/// The track passes u·E1 + v·E2 of its <see cref="TrackFrame"/> at time s/c. Per module: first of N photons, P = N f S^(N−1), over a flat
/// noise floor (J. Ahrens et al., NIM A 524 (2004) 169). Four modules at a time; sums run in module order, so the answer depends on nothing else.
/// </remarks>
internal sealed class TrackLikelihood : IObjective
{
    /// <summary>Share of noise among first pulses, and its density in 1/ns: flat over 6 µs.</summary>
    internal const double NoiseShare = 1e-3, NoiseDensity = NoiseShare / 6000;

    /// <summary>Far below the noise floor; keeps exp away from denormals.</summary>
    private const double LeastLn = -40;
    private const double C = BulkIce.SpeedOfLight, K = BulkIce.CherenkovDelay;

    private readonly PandelTable _table;
    private readonly double _leastLnDistance;
    private readonly double[] _x, _y, _z, _light;
    private readonly double[] _a, _b, _l, _others, _lnN, _weight;

    /// <param name="hits">One entry per module with pulses.</param>
    /// <param name="sigma">Jitter, ns.</param>
    /// <param name="chargeCap">Most photons of one module that count; 1 takes every first pulse as if it were alone.</param>
    public TrackLikelihood(IReadOnlyList<ModuleHits> hits, double sigma, double chargeCap)
    {
        _table = PandelTable.For(sigma);
        _leastLnDistance = _table.LeastU + Elementary.Log(BulkIce.ScatteringLength);
        Count = hits.Count;
        int padded = (Count + Vector256<double>.Count - 1) / Vector256<double>.Count * Vector256<double>.Count;
        double[] Column() => new double[padded];
        (_x, _y, _z, _light) = (Column(), Column(), Column(), Column());
        (_a, _b, _l, _others, _lnN, _weight) = (Column(), Column(), Column(), Column(), Column(), Column());
        for (int i = 0; i < Count; i++)
        {
            double photons = Math.Max(1, Math.Min(hits[i].Charge, chargeCap));
            (_x[i], _y[i], _z[i], _light[i]) = (hits[i].X, hits[i].Y, hits[i].Z, C * hits[i].FirstTime);
            (_others[i], _lnN[i], _weight[i]) = (photons - 1, Elementary.Log(photons), 1);
        }
    }

    /// <summary>Modules.</summary>
    public int Count { get; }

    public TrackFrame Frame { get; private set; }

    int IObjective.Dimension => 3;

    /// <summary>Turns the coordinates of all modules to a new direction.</summary>
    public void PointAt(in TrackFrame frame)
    {
        Frame = frame;
        for (int i = 0; i < Count; i++)
        {
            _a[i] = frame.First(_x[i], _y[i]);
            _b[i] = frame.Second(_x[i], _y[i], _z[i]);
            _l[i] = _light[i] - frame.Along(_x[i], _y[i], _z[i]);
        }
    }

    /// <summary>For every module the s (m) at which its first pulse would be unscattered light of a track through (u, v).</summary>
    public void DirectLight(double u, double v, Span<double> s)
    {
        for (int i = 0; i < Count; i++)
        {
            double d1 = _a[i] - u, d2 = _b[i] - v;
            s[i] = _l[i] - K * Math.Sqrt(d1 * d1 + d2 * d2 + 1);
        }
    }

    public double Value(ReadOnlySpan<double> x) => Sum<ValueOnly>(x[0], x[1], x[2], default);

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient) => Sum<WithGradient>(x[0], x[1], x[2], gradient);

    private interface IMode;

    private readonly struct ValueOnly : IMode;

    private readonly struct WithGradient : IMode;

    /// <summary>Both kernels: the mode is known when the code is compiled, and what it does not need falls away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Sum<TMode>(double u, double v, double s, Span<double> gradient)
        where TMode : struct, IMode
    {
        PandelTable table = _table;
        double e2z = Frame.E2Z, cosPart = BulkIce.CosCherenkov * Frame.Pz, halfJitter = 1 / (2 * table.Sigma);
        Vector256<double> one = Vector256<double>.One, total = default, byU = default, byV = default, byS = default;
        for (int i = 0; i < _a.Length; i += Vector256<double>.Count)
        {
            Vector256<double> d1 = Load(_a, i) - Vector256.Create(u), d2 = Load(_b, i) - Vector256.Create(v);
            Vector256<double> d = Vector256.Sqrt(Fma(d1, d1, Fma(d2, d2, one))), perD = one / d;
            Vector256<double> w = d2 * perD * e2z, eta = Fma(w, Vector256.Create(BulkIce.SinCherenkov), Vector256.Create(cosPart));
            Vector256<double> offset = Fma(eta, Fma(eta, Vector256.Create(4.6), Vector256.Create(-3.9)), Vector256.Create(3.1));
            Vector256<double> effective = Fma(d, Vector256.Create(BulkIce.EffectiveSlope), offset);
            Vector256<double> r = (Fma(d, Vector256.Create(-K), Load(_l, i)) - Vector256.Create(s)) * (halfJitter / C), root = Vector256.Sqrt(Fma(r, r, one));
            Vector256<double> asinh = Vector256.CopySign(Elementary.Log(Vector256.Abs(r) + root), r);
            Vector256<double> shape = (Elementary.Log(effective) - Vector256.Create(_leastLnDistance)) * table.ShapeScale;
            Vector256<double> time = (asinh - Vector256.Create(table.LeastX)) * table.TimeScale;
            Vector256<double> shapeInside = Inside(shape, PandelTable.ShapeNodes), timeInside = Inside(time, PandelTable.TimeNodes);

            Vector256<double> slopeShape = default, slopeTime = default;
            Vector256<double> ln = Load(_lnN, i) + (typeof(TMode) == typeof(ValueOnly)
                ? SplineLookup.Value(table, shapeInside, timeInside, Load(_others, i))
                : SplineLookup.ValueAndSlopes(table, shapeInside, timeInside, Load(_others, i), out slopeShape, out slopeTime));
            Vector256<double> signal = Elementary.Exp(Larger(ln, Vector256.Create(LeastLn))) * (1 - NoiseShare);
            Vector256<double> sum = signal + Vector256.Create(NoiseDensity);
            total = Fma(Load(_weight, i), Elementary.Log(sum), total);
            if (typeof(TMode) == typeof(ValueOnly)) continue;

            Vector256<double> share = Load(_weight, i) * signal / sum & Vector256.GreaterThan(ln, Vector256.Create(LeastLn));
            Vector256<double> byShape = share * slopeShape * table.ShapeScale / effective & Vector256.Equals(shape, shapeInside);
            Vector256<double> byTime = share * slopeTime * (table.TimeScale * halfJitter / C) / root & Vector256.Equals(time, timeInside);
            Vector256<double> byD = Fma(byShape, Vector256.Create(BulkIce.EffectiveSlope), byTime * -K);
            Vector256<double> byW = byShape * Fma(eta, Vector256.Create(9.2), Vector256.Create(-3.9)) * BulkIce.SinCherenkov;
            Vector256<double> radial = (byD - byW * w * perD) * perD;
            byU = Fma(radial, d1, byU);
            byV = Fma(radial, d2, Fma(byW * perD, Vector256.Create(e2z), byV));
            byS += byTime;
        }

        if (typeof(TMode) == typeof(WithGradient)) (gradient[0], gradient[1], gradient[2]) = (Fold(byU), Fold(byV), Fold(byS));
        return -Fold(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load(double[] column, int i) => Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(column), (nuint)(uint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Fma(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);

    /// <summary>The nearest coordinate on a grid; not-a-number becomes its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Inside(Vector256<double> coordinate, double nodes) =>
        Larger(Smaller(coordinate, Vector256.Create(nodes - 1)), Vector256<double>.Zero);

    // Not the processor's own minimum and maximum: these treat not-a-number differently from one make to the next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Larger(Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Smaller(Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);

    /// <summary>Always in the same order, whatever the machine.</summary>
    private static double Fold(Vector256<double> sum) => sum.GetElement(0) + sum.GetElement(1) + (sum.GetElement(2) + sum.GetElement(3));
}
