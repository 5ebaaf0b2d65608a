using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Pandel;

/// <summary>−ln L of first-pulse times for a track of fixed direction, in its three free parameters (u, v, s), all in metres.</summary>
/// <remarks>
/// The track passes u·E1 + v·E2 of its <see cref="TrackFrame"/> at time s/c; each module's term is its <see cref="FirstPulse"/>. Four
/// modules at a time; sums run in module order, so the answer depends on nothing else.
/// </remarks>
internal sealed class TrackLikelihood : ITrackLikelihood
{
    private const double C = BulkIce.SpeedOfLight, K = BulkIce.CherenkovDelay;

    private readonly PandelTable _table;
    private readonly double _leastLnDistance;
    private readonly double[] _x, _y, _z, _light;
    private readonly double[] _a, _b, _l, _others, _lnN, _weight, _slope;

    /// <param name="hits">One entry per module with pulses.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public TrackLikelihood(IReadOnlyList<ModuleHits> hits, in TrackModel model)
    {
        _table = PandelTable.For(model.Sigma);
        _leastLnDistance = FirstPulse.LeastLnDistance(_table);
        Count = hits.Count;
        int padded = Padded(Count);
        double[] Column() => new double[padded];
        (_x, _y, _z, _light) = (Column(), Column(), Column(), Column());
        (_a, _b, _l, _others, _lnN, _weight, _slope) = (Column(), Column(), Column(), Column(), Column(), Column(), Column());
        for (int i = 0; i < Count; i++)
        {
            double photons = model.Photons(hits[i]);
            (_x[i], _y[i], _z[i], _light[i]) = (hits[i].X, hits[i].Y, hits[i].Z, C * hits[i].FirstTime);
            (_others[i], _lnN[i], _weight[i], _slope[i]) = (photons - 1, Elementary.Log(photons), 1, model.EffectiveSlope(hits[i]));
        }
    }

    /// <summary>Modules.</summary>
    public int Count { get; }

    public TrackFrame Frame { get; private set; }

    int IObjective.Dimension => 3;

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

    public void DirectLight(double u, double v, Span<double> s)
    {
        for (int i = 0; i < Count; i++)
        {
            double d1 = _a[i] - u, d2 = _b[i] - v;
            s[i] = _l[i] - K * Math.Sqrt(d1 * d1 + d2 * d2 + 1);
        }
    }

    /// <summary>How often each kernel has run: the cost of a fit that no busy machine changes.</summary>
    public (long Values, long Gradients) Evaluations { get; private set; }

    public double Value(ReadOnlySpan<double> x)
    {
        Evaluations = (Evaluations.Values + 1, Evaluations.Gradients);
        return Sum<ValueOnly>(x[0], x[1], x[2], default);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Evaluations = (Evaluations.Values, Evaluations.Gradients + 1);
        return Sum<WithGradient>(x[0], x[1], x[2], gradient);
    }

    /// <summary>Both kernels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Sum<TMode>(double u, double v, double s, Span<double> gradient)
        where TMode : struct, IKernelMode
    {
        PandelTable table = _table;
        double e2z = Frame.E2Z, cosPart = BulkIce.CosCherenkov * Frame.Pz, halfJitter = 1 / (2 * table.Sigma);
        Vector256<double> one = Vector256<double>.One, total = default, byU = default, byV = default, byS = default;
        for (int i = 0; i < _a.Length; i += Vector256<double>.Count)
        {
            Vector256<double> d1 = Load(_a, i) - Vector256.Create(u), d2 = Load(_b, i) - Vector256.Create(v);
            Vector256<double> d = Vector256.Sqrt(Fma(d1, d1, Fma(d2, d2, one))), perD = one / d;
            Vector256<double> w = d2 * perD * e2z, eta = Fma(w, Vector256.Create(BulkIce.SinCherenkov), Vector256.Create(cosPart));
            Vector256<double> slope = Load(_slope, i), effective = Fma(d, slope, EffectiveOffset(eta)), weight = Load(_weight, i);
            Vector256<double> r = (Fma(d, Vector256.Create(-K), Load(_l, i)) - Vector256.Create(s)) * (halfJitter / C);
            Vector256<double> ln = FirstPulse.Ln<TMode>(table, _leastLnDistance, effective, r, halfJitter, Load(_others, i), Load(_lnN, i), weight, out var byShape, out var byTime);
            total = Fma(weight, ln, total);
            if (typeof(TMode) == typeof(ValueOnly)) continue;

            Vector256<double> byD = Fma(byShape, slope, byTime * -K);
            Vector256<double> byW = byShape * EffectiveOffsetSlope(eta) * BulkIce.SinCherenkov;
            Vector256<double> radial = (byD - byW * w * perD) * perD;
            byU = Fma(radial, d1, byU);
            byV = Fma(radial, d2, Fma(byW * perD, Vector256.Create(e2z), byV));
            byS += byTime;
        }

        if (typeof(TMode) == typeof(WithGradient)) (gradient[0], gradient[1], gradient[2]) = (Fold(byU), Fold(byV), Fold(byS));
        return -Fold(total);
    }
}
