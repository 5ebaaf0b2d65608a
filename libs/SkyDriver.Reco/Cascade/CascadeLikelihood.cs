using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Cascade;

/// <summary>−ln L of a shower of fixed direction: first-pulse times of hit modules, and charges of hit and dark ones.</summary>
/// <remarks>
/// Parameters x, y, z, c·t₀ (m) and <see cref="PerLnEnergy"/> · ln(E / GeV), of one scale. Times: a point source's first of N photons, light sent backwards
/// arriving later; charges: <see cref="ChargeLaw"/> about <see cref="ShowerYield"/>. Sums run in module order.
/// </remarks>
internal sealed class CascadeLikelihood : IObjective
{
    /// <summary>m per unit of ln E: a factor e in energy weighs as much as 20 m of place.</summary>
    public const double PerLnEnergy = 20;

    /// <summary>m; dark modules farther away are expected to be dark.</summary>
    public const double Range = 450;

    /// <summary>Effective metres of light sent straight backwards, half of them sideways.</summary>
    public const double BackwardDelay = 5;
    private const double C = BulkIce.SpeedOfLight;

    private readonly PandelTable _table;
    private readonly double _leastLnDistance;
    private readonly DetectorCharges _modules;
    private readonly double[] _light, _others, _lnN, _slope;
    private TrackFrame _frame;

    /// <param name="hits">One entry per module with pulses.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public CascadeLikelihood(IReadOnlyList<ModuleHits> hits, in TrackModel model)
    {
        _table = PandelTable.For(model.Sigma);
        _leastLnDistance = LeastLnDistance(_table);
        _modules = new DetectorCharges(hits);
        int padded = Padded(hits.Count);
        (_light, _others, _lnN, _slope) = (new double[padded], new double[padded], new double[padded], new double[padded]);
        for (int i = 0; i < hits.Count; i++)
        {
            double photons = model.Photons(hits[i]);
            (_light[i], _others[i], _lnN[i], _slope[i]) = (C * hits[i].FirstTime, photons - 1, Elementary.Log(photons), model.EffectiveSlope(hits[i]));
        }
    }

    int IObjective.Dimension => 5;

    /// <summary>Modules with pulses.</summary>
    public int Count => _modules.HitCount;

    public void PointAt(in TrackFrame frame) => _frame = frame;

    public double Value(ReadOnlySpan<double> x) => Times(x) + Charges(x);

    /// <summary>The part of the times alone, which needs no energy.</summary>
    public double Times(ReadOnlySpan<double> x)
    {
        Slopes unused = default;
        return Times<ValueOnly>(x, ref unused);
    }

    /// <summary>The part of the times alone with its slopes, which the energy does not have.</summary>
    /// <param name="x">The point.</param>
    /// <param name="gradient">Receives the derivatives by place and time.</param>
    public double TimesAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Slopes slopes = default;
        double value = Times<WithGradient>(x, ref slopes);
        Store(slopes, gradient);
        return value;
    }

    /// <summary>The part of the charges alone, which needs no time.</summary>
    public double Charges(ReadOnlySpan<double> x)
    {
        Slopes unused = default;
        return Charges<ValueOnly>(x, ref unused);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Slopes slopes = default;
        double value = Times<WithGradient>(x, ref slopes) + Charges<WithGradient>(x, ref slopes);
        Store(slopes, gradient);
        gradient[4] = -Fold(slopes.LnEnergy) / PerLnEnergy;
        return value;
    }

    /// <summary>GeV that best explain the sum of the charges for a shower at a place.</summary>
    public double EnergyAt(double x, double y, double z)
    {
        Vector256<double> seen = default, perGev = default;
        for (int i = 0; i < _modules.X.Length; i += Vector256<double>.Count)
        {
            Place place = At(i, x, y, z);
            Vector256<double> counts = place.IsNear;
            seen += Load(_modules.Charge, i) & counts;
            perGev += ShowerYield.Evaluate<ValueOnly>(place.R, place.Cosine, place.Eta, out _, out _, out _) & counts;
        }

        return Fold(seen) / (BulkIce.ShowerLight * Fold(perGev));
    }

    /// <summary>Slopes by place and time.</summary>
    private void Store(in Slopes slopes, Span<double> gradient)
    {
        double byCosine = Fold(slopes.Cosine);
        gradient[0] = byCosine * _frame.Px - Fold(slopes.X);
        gradient[1] = byCosine * _frame.Py - Fold(slopes.Y);
        gradient[2] = byCosine * _frame.Pz + Fold(slopes.Eta) - Fold(slopes.Z);
        gradient[3] = Fold(slopes.Light);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Times<TMode>(ReadOnlySpan<double> x, ref Slopes slopes)
        where TMode : struct, IKernelMode
    {
        double halfJitter = 1 / (2 * _table.Sigma);
        Vector256<double> total = default;
        for (int i = 0; i < _light.Length; i += Vector256<double>.Count)
        {
            Place place = At(i, x[0], x[1], x[2]);
            Vector256<double> delay = Fma(place.Cosine, Vector256.Create(-BackwardDelay), Vector256.Create(BackwardDelay));
            Vector256<double> slope = Load(_slope, i), effective = Fma(place.R, slope, EffectiveOffset(place.Eta) + delay), weight = Load(_modules.IsHit, i);
            Vector256<double> r = (Fma(place.R, Vector256.Create(-BulkIce.GroupIndex), Load(_light, i)) - Vector256.Create(x[3])) * (halfJitter / C);
            Vector256<double> ln = FirstPulse.Ln<TMode>(_table, _leastLnDistance, effective, r, halfJitter, Load(_others, i), Load(_lnN, i), weight, out var byEffective, out var byTime);
            total = Fma(weight, ln, total);
            if (typeof(TMode) == typeof(ValueOnly)) continue;

            Vector256<double> byEta = byEffective * EffectiveOffsetSlope(place.Eta);
            slopes.Add(place, Fma(byEffective, slope, byTime * -BulkIce.GroupIndex), byEffective * -BackwardDelay, byEta);
            slopes.Light += byTime;
        }

        return -Fold(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Charges<TMode>(ReadOnlySpan<double> x, ref Slopes slopes)
        where TMode : struct, IKernelMode
    {
        double light = BulkIce.ShowerLight * Elementary.Exp(x[4] / PerLnEnergy);
        Vector256<double> total = default;
        for (int i = 0; i < _modules.X.Length; i += Vector256<double>.Count)
        {
            Place place = At(i, x[0], x[1], x[2]);
            Vector256<double> counts = place.IsNear | Vector256.GreaterThan(Load(_modules.IsHit, i), Vector256<double>.Zero);
            if (Vector256.EqualsAll(counts.AsInt64(), Vector256<long>.Zero)) continue;
            Vector256<double> photons = ShowerYield.Evaluate<TMode>(place.R, place.Cosine, place.Eta, out var byR, out var byCosine, out var byEta) * light;
            Vector256<double> ln = ChargeLaw.Ln<TMode>(Load(_modules.Charge, i), photons + Vector256.Create(ChargeLaw.Noise), out var byExpected) + Load(_modules.Constant, i);
            total += ln & counts;
            if (typeof(TMode) == typeof(ValueOnly)) continue;

            Vector256<double> byLnPhotons = byExpected * photons & counts;
            slopes.Add(place, byLnPhotons * byR, byLnPhotons * byCosine, byLnPhotons * byEta);
            slopes.LnEnergy += byLnPhotons;
        }

        return -Fold(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Place At(int i, double x, double y, double z)
    {
        Vector256<double> dx = Load(_modules.X, i) - Vector256.Create(x), dy = Load(_modules.Y, i) - Vector256.Create(y), dz = Load(_modules.Z, i) - Vector256.Create(z);
        Vector256<double> r = Vector256.Sqrt(Fma(dx, dx, Fma(dy, dy, Fma(dz, dz, Vector256<double>.One)))), perR = Vector256<double>.One / r;
        Vector256<double> along = Fma(dx, Vector256.Create(_frame.Px), Fma(dy, Vector256.Create(_frame.Py), dz * _frame.Pz));
        return new Place(dx, dy, dz, r, perR, along * perR, dz * perR);
    }

    /// <summary>Where four modules are, seen from the shower; distances never below 1 m.</summary>
    private readonly record struct Place(
        Vector256<double> X, Vector256<double> Y, Vector256<double> Z, Vector256<double> R, Vector256<double> PerR, Vector256<double> Cosine, Vector256<double> Eta)
    {
        public Vector256<double> IsNear => Vector256.LessThan(R, Vector256.Create(Range));
    }

    /// <summary>Derivatives of ln L: by the shower's place where they point along the line to the module, and by what is common to all modules.</summary>
    private struct Slopes
    {
        public Vector256<double> X, Y, Z, Cosine, Eta, Light, LnEnergy;

        /// <summary>Chain rule: the place moves distance, cosine and eta.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(in Place place, Vector256<double> byR, Vector256<double> byCosine, Vector256<double> byEta)
        {
            Vector256<double> radial = (Fma(byCosine, place.Cosine, byEta * place.Eta) * place.PerR - byR) * place.PerR;
            X = Fma(radial, place.X, X);
            Y = Fma(radial, place.Y, Y);
            Z = Fma(radial, place.Z, Z);
            Cosine = Fma(byCosine, place.PerR, Cosine);
            Eta = Fma(byEta, place.PerR, Eta);
        }
    }
}
