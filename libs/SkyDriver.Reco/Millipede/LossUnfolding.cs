using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Millipede;

/// <summary>What the charges say about a track's energy losses.</summary>
/// <param name="ChargeLlh">−ln L of all charges, hit and dark modules.</param>
/// <param name="Inside">GeV lost inside the detector.</param>
/// <param name="Total">GeV lost where any module would have noticed; the order of magnitude.</param>
internal readonly record struct Losses(double ChargeLlh, double Inside, double Total);

/// <summary>Unfolds the energy losses along a given track from the charges: a shower every 15 m, none below zero.</summary>
/// <remarks>
/// Steps E ← E · (Mᵀ(q/μ)) / (Mᵀ1) for Poisson charges: each keeps all losses at or above zero and never lowers the likelihood
/// (W. H. Richardson, JOSA 62 (1972) 55; L. A. Shepp, Y. Vardi, IEEE Trans. Med. Imaging 1 (1982) 113). Dark modules have q = 0 and so enter
/// a step by their column sums only. Losses along a track from charges: M. G. Aartsen et al., JINST 9 (2014) P03009.
/// </remarks>
internal sealed class LossUnfolding
{
    /// <summary>m between showers.</summary>
    private const double Spacing = 15;

    /// <summary>m from a module to the farthest shower that is asked for, and what is added at both ends.</summary>
    private const double Reach = 250, Beyond = 100;

    /// <summary>Photo-electrons per GeV in all modules; showers below only soak up energy that nothing measures.</summary>
    private const double LeastLight = 0.01;

    private const double FirstEnergy = 10;
    private const int MostSteps = 200;
    private const double LeastGain = 0.01;

    private readonly DetectorCharges _modules;
    private readonly int _hitEnd, _stride;
    private readonly double[] _base, _expected, _ratio;
    private double[] _matrix = [], _energy = [], _light = [], _along = [];

    public LossUnfolding(IReadOnlyList<ModuleHits> hits)
    {
        _modules = new DetectorCharges(hits);
        _stride = _modules.X.Length;
        _hitEnd = Padded(hits.Count);
        (_base, _expected, _ratio) = (new double[_stride], new double[_stride], new double[_hitEnd]);
    }

    /// <param name="frame">Direction of the track.</param>
    /// <param name="u">m, where it passes, along the first transverse axis.</param>
    /// <param name="v">m, along the second one.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    public Losses Unfold(in TrackFrame frame, double u, double v, CancellationToken cancellationToken = default)
    {
        double baseLight = SetBase(frame, u, v);
        int segments = SetSegments(frame, u, v);
        double llh = Expect(segments, _hitEnd, baseLight);
        for (int step = 0; step < MostSteps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Step(segments);
            double before = llh;
            llh = Expect(segments, _hitEnd, baseLight);
            if (before - llh < LeastGain) break;
        }

        double inside = 0, total = 0;
        for (int j = 0; j < segments; j++)
        {
            var (x, y, z) = frame.Point(u, v, _along[j]);
            total += _energy[j];
            if (DetectorVolume.Contains(x, y, z)) inside += _energy[j];
        }

        return new Losses(ChargeLlh(segments), inside, total);
    }

    /// <summary>Light of the bare muon in every module, noise included; returns its sum over the modules.</summary>
    private double SetBase(in TrackFrame frame, double u, double v)
    {
        double sum = 0;
        for (int i = 0; i < _modules.Count; i++)
        {
            double d1 = frame.First(_modules.X[i], _modules.Y[i]) - u, d2 = frame.Second(_modules.X[i], _modules.Y[i], _modules.Z[i]) - v;
            double d = Math.Sqrt(d1 * d1 + d2 * d2 + 1), light = 0;
            if (d < CascadeLikelihood.Range)
            {
                double eta = BulkIce.CosCherenkov * frame.Pz + BulkIce.SinCherenkov * d2 * frame.E2Z / d;
                light = BulkIce.MuonLightScale * BulkIce.MuonLightConstant * BulkIce.LineYield(d) * BulkIce.CathodeAcceptance(eta, d);
            }

            _base[i] = light + ChargeLaw.Noise;
            sum += _base[i];
        }

        return sum;
    }

    /// <summary>Places the showers that modules can see and sets their matrix; returns how many there are.</summary>
    private int SetSegments(in TrackFrame frame, double u, double v)
    {
        var (first, last) = Extent(frame, u, v);
        int most = first <= last ? (int)((last - first) / Spacing) + 1 : 0;
        if (_energy.Length < most)
            (_matrix, _energy, _light, _along) = (new double[most * _stride], new double[most], new double[most], new double[most]);
        int segments = 0;
        for (int k = 0; k < most; k++)
        {
            double along = first + k * Spacing, light = SetRow(segments, frame, u, v, along);
            if (light < LeastLight) continue;
            (_energy[segments], _light[segments], _along[segments]) = (FirstEnergy, light, along);
            segments++;
        }

        return segments;
    }

    /// <summary>m along the track between which any module is within reach, on a grid that does not move with the event.</summary>
    private (double First, double Last) Extent(in TrackFrame frame, double u, double v)
    {
        double first = double.PositiveInfinity, last = double.NegativeInfinity;
        for (int i = 0; i < _modules.Count; i++)
        {
            double d1 = frame.First(_modules.X[i], _modules.Y[i]) - u, d2 = frame.Second(_modules.X[i], _modules.Y[i], _modules.Z[i]) - v;
            double square = Reach * Reach - d1 * d1 - d2 * d2;
            if (!(square > 0)) continue;
            double along = frame.Along(_modules.X[i], _modules.Y[i], _modules.Z[i]), half = Math.Sqrt(square);
            first = Math.Min(first, along - half);
            last = Math.Max(last, along + half);
        }

        return (Math.Floor((first - Beyond) / Spacing) * Spacing, last + Beyond);
    }

    /// <summary>Photo-electrons per GeV of a shower in every module; returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double SetRow(int segment, in TrackFrame frame, double u, double v, double along)
    {
        var (x, y, z) = frame.Point(u, v, along);
        Span<double> row = _matrix.AsSpan(segment * _stride, _stride);
        Vector256<double> sum = default;
        for (int i = 0; i < _stride; i += Vector256<double>.Count)
        {
            Vector256<double> dx = Load(_modules.X, i) - Vector256.Create(x), dy = Load(_modules.Y, i) - Vector256.Create(y), dz = Load(_modules.Z, i) - Vector256.Create(z);
            Vector256<double> r = Vector256.Sqrt(Fma(dx, dx, Fma(dy, dy, Fma(dz, dz, Vector256<double>.One))));
            Vector256<double> isNear = Vector256.LessThan(r, Vector256.Create(CascadeLikelihood.Range)), light = default;
            if (!Vector256.EqualsAll(isNear.AsInt64(), Vector256<long>.Zero))
            {
                Vector256<double> line = Fma(dx, Vector256.Create(frame.Px), Fma(dy, Vector256.Create(frame.Py), dz * frame.Pz));
                light = ShowerYield.Evaluate<ValueOnly>(r, line / r, dz / r, out _, out _, out _) * BulkIce.ShowerLight & isNear;
            }

            light.CopyTo(row[i..]);
            sum += light;
        }

        return Fold(sum);
    }

    private void Step(int segments)
    {
        for (int i = 0; i < _hitEnd; i += Vector256<double>.Count)
        {
            // What only fills the last vector may be a dark module, whose charge is 0.
            (Load(_modules.Charge, i) / Load(_expected, i)).CopyTo(_ratio.AsSpan(i));
        }

        for (int j = 0; j < segments; j++)
        {
            Vector256<double> sum = default;
            for (int i = 0; i < _hitEnd; i += Vector256<double>.Count) sum = Fma(Load(_matrix, j * _stride + i), Load(_ratio, i), sum);
            _energy[j] *= Fold(sum) / _light[j];
        }
    }

    /// <summary>Sets the expectations of the first modules and returns −ln L of Poisson charges in all of them, up to a constant.</summary>
    private double Expect(int segments, int end, double baseLight)
    {
        _base.AsSpan(0, end).CopyTo(_expected);
        double light = baseLight;
        for (int j = 0; j < segments; j++)
        {
            light += _light[j] * _energy[j];
            Vector256<double> energy = Vector256.Create(_energy[j]);
            for (int i = 0; i < end; i += Vector256<double>.Count)
                Fma(Load(_matrix, j * _stride + i), energy, Load(_expected, i)).CopyTo(_expected.AsSpan(i));
        }

        // Dark modules have no logarithm, and fillers an expectation of 0.
        Vector256<double> sum = default;
        for (int i = 0; i < _hitEnd; i += Vector256<double>.Count)
        {
            Vector256<double> expected = Elementary.Larger(Load(_expected, i), Vector256.Create(ChargeLaw.Noise));
            expected.CopyTo(_expected.AsSpan(i));
            sum = Fma(Load(_modules.Charge, i), Elementary.Log(expected), sum);
        }

        return light - Fold(sum);
    }

    private double ChargeLlh(int segments)
    {
        Expect(segments, _stride, 0);
        Vector256<double> sum = default;
        for (int i = 0; i < _stride; i += Vector256<double>.Count)
        {
            Vector256<double> isModule = Vector256.GreaterThan(Load(_base, i), Vector256<double>.Zero);
            Vector256<double> ln = ChargeLaw.Ln<ValueOnly>(Load(_modules.Charge, i), Elementary.Larger(Load(_expected, i), Vector256.Create(ChargeLaw.Noise)), out _);
            sum += ln + Load(_modules.Constant, i) & isModule;
        }

        return -Fold(sum);
    }
}
