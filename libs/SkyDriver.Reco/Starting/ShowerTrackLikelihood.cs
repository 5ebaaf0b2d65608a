using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Starting;

/// <summary>−ln L of first-pulse times for a track of fixed direction with one shower on it.</summary>
/// <remarks>
/// A photon of a module comes from the bare muon or from the shower, in the proportion of the light that each sends there, so density and
/// survival probability of its time are the mean of both, and the first of N is taken from that: the simplest case of stochastic
/// losses in a track fit (R. Abbasi et al., JINST 16 (2021) P08034). Parameters, all of one scale: u, v, s as in <see cref="TrackLikelihood"/>, the
/// shower's place along the track (m), and <see cref="CascadeLikelihood.PerLnEnergy"/> · ln(E / GeV). Sums run in module order.
/// </remarks>
internal sealed class ShowerTrackLikelihood : ITrackLikelihood
{
    public const int Size = 5;

    /// <summary>ln E/GeV beyond which a shower is no different from none, or from nothing else.</summary>
    private const double LeastLnEnergy = -5, GreatestLnEnergy = 25;

    /// <summary>Smallest probability whose logarithm is taken.</summary>
    private const double Least = 1e-300;

    private const double C = BulkIce.SpeedOfLight, K = BulkIce.CherenkovDelay;

    private readonly PandelTable _table;
    private readonly double _leastLnDistance;
    private readonly double[] _x, _y, _z;
    private readonly double[] _a, _b, _along, _light, _others, _lnN, _weight, _slope;

    /// <param name="hits">One entry per module with pulses.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public ShowerTrackLikelihood(IReadOnlyList<ModuleHits> hits, in TrackModel model)
    {
        _table = PandelTable.For(model.Sigma);
        _leastLnDistance = LeastLnDistance(_table);
        Count = hits.Count;
        double[] Column() => new double[Padded(Count)];
        (_x, _y, _z) = (Column(), Column(), Column());
        (_a, _b, _along, _light, _others, _lnN, _weight, _slope) = (Column(), Column(), Column(), Column(), Column(), Column(), Column(), Column());
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

    int IObjective.Dimension => Size;

    public void PointAt(in TrackFrame frame)
    {
        Frame = frame;
        for (int i = 0; i < Count; i++)
        {
            _a[i] = frame.First(_x[i], _y[i]);
            _b[i] = frame.Second(_x[i], _y[i], _z[i]);
            _along[i] = frame.Along(_x[i], _y[i], _z[i]);
        }
    }

    public void DirectLight(double u, double v, Span<double> s)
    {
        for (int i = 0; i < Count; i++)
        {
            double d1 = _a[i] - u, d2 = _b[i] - v;
            s[i] = _light[i] - _along[i] - K * Math.Sqrt(d1 * d1 + d2 * d2 + 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Value(ReadOnlySpan<double> x)
    {
        double energy = Elementary.Exp(Math.Clamp(x[4] / CascadeLikelihood.PerLnEnergy, LeastLnEnergy, GreatestLnEnergy));
        double e2z = Frame.E2Z, pz = Frame.Pz, perDoubleJitter = 1 / (2 * _table.Sigma * C);
        Vector256<double> one = Vector256<double>.One, total = default;
        for (int i = 0; i < _a.Length; i += Vector256<double>.Count)
        {
            Vector256<double> d1 = Load(_a, i) - Vector256.Create(x[0]), d2 = Load(_b, i) - Vector256.Create(x[1]), square = Fma(d1, d1, Fma(d2, d2, one));
            Vector256<double> slope = Load(_slope, i), late = Load(_light, i) - Vector256.Create(x[2]);

            Vector256<double> d = Vector256.Sqrt(square), eta = Fma(d2 / d * e2z, Vector256.Create(BulkIce.SinCherenkov), Vector256.Create(BulkIce.CosCherenkov * pz));
            Vector256<double> muonLight = MuonYield(d, eta) * (BulkIce.MuonLightScale * BulkIce.MuonLightConstant);
            Vector256<double> fromMuon = Density(
                _table, _leastLnDistance, Fma(d, slope, EffectiveOffset(eta)), (late - Load(_along, i) - d * K) * perDoubleJitter, out Vector256<double> muonSurvival);

            Vector256<double> ahead = Load(_along, i) - Vector256.Create(x[3]), r = Vector256.Sqrt(Fma(ahead, ahead, square));
            Vector256<double> cosine = ahead / r, rise = Fma(d2, Vector256.Create(e2z), ahead * pz) / r;
            Vector256<double> showerLight = ShowerYield.Evaluate<ValueOnly>(r, cosine, rise, out _, out _, out _) * (BulkIce.ShowerLight * energy);
            Vector256<double> delay = (one - cosine) * CascadeLikelihood.BackwardDelay;
            Vector256<double> fromShower = Density(
                _table, _leastLnDistance, Fma(r, slope, EffectiveOffset(rise) + delay), (late - Vector256.Create(x[3]) - r * BulkIce.GroupIndex) * perDoubleJitter,
                out Vector256<double> showerSurvival);

            Vector256<double> share = showerLight / (showerLight + muonLight);
            Vector256<double> density = Fma(share, fromShower - fromMuon, fromMuon), survival = Fma(share, showerSurvival - muonSurvival, muonSurvival);
            Vector256<double> ln = Load(_lnN, i) + Fma(Load(_others, i), Ln(survival), Ln(density));
            total = Fma(Load(_weight, i), Elementary.Log(OverFloor(ln, out _)), total);
        }

        return -Fold(total);
    }

    /// <summary>By differences: five evaluations either way cost less than they would gain, since the simplex has done most of the way.</summary>
    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        CentralDifferences.Gradient(this, x, gradient);
        return Value(x);
    }

    private static Vector256<double> Ln(Vector256<double> probability) => Elementary.Log(Elementary.Larger(probability, Vector256.Create(Least)));

    /// <summary><see cref="BulkIce.LineYield"/> times <see cref="BulkIce.CathodeAcceptance"/> for four modules.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> MuonYield(Vector256<double> d, Vector256<double> eta)
    {
        Vector256<double> one = Vector256<double>.One, e = Elementary.Exp(Vector256.Sqrt(d * (1 / BulkIce.LineLength)) * -2), tanh = (one - e) / (one + e);
        Vector256<double> acceptance = Fma(Elementary.Exp(d * (-1.0 / 60)) * 0.5, eta, one);
        return Elementary.Exp(d * (-1 / BulkIce.PropagationLength)) / (Vector256.Sqrt(d * BulkIce.LineLength) * tanh * (2 * Math.PI * BulkIce.SinCherenkov)) * acceptance;
    }
}
