using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Benchmarks.Reco;

/// <summary>The track likelihood as one writes it down: module by module, scalars, the runtime's logarithm and exponential, the same tables.</summary>
/// <remarks>What the vector kernels are compared with; it must agree with them to rounding.</remarks>
internal sealed class PlainTrackLikelihood
{
    private const double C = BulkIce.SpeedOfLight, K = BulkIce.CherenkovDelay;
    private readonly PandelTable _table;
    private readonly (double A, double B, double L, double Others, double LnN)[] _modules;
    private readonly double _e2z, _cosPart;

    public PlainTrackLikelihood(IReadOnlyList<ModuleHits> hits, TrackModel model, TrackFrame frame)
    {
        _table = PandelTable.For(model.Sigma);
        (_e2z, _cosPart) = (frame.E2Z, BulkIce.CosCherenkov * frame.Pz);
        _modules =
        [
            .. hits.Select(hit => (frame.First(hit.X, hit.Y), frame.Second(hit.X, hit.Y, hit.Z), C * hit.FirstTime - frame.Along(hit.X, hit.Y, hit.Z),
                model.Photons(hit) - 1, Math.Log(model.Photons(hit)))),
        ];
    }

    public double Value(double[] x)
    {
        double sum = 0;
        Span<double> rows = stackalloc double[4], columns = stackalloc double[4];
        foreach (var module in _modules)
        {
            Place place = At(module, x);
            int at = Weights(place.Shape, PandelTable.ShapeNodes, rows) * PandelTable.Stride + Weights(place.Time, PandelTable.TimeNodes, columns);
            sum += Math.Log(Signal(module.LnN + Spline(at, rows, columns, module.Others)) + FirstPulse.NoiseDensity);
        }

        return -sum;
    }

    public double ValueAndGradient(double[] x, double[] gradient)
    {
        double sum = 0, byU = 0, byV = 0, byS = 0;
        Span<double> rows = stackalloc double[4], columns = stackalloc double[4], rowSlopes = stackalloc double[4], columnSlopes = stackalloc double[4];
        foreach (var module in _modules)
        {
            Place place = At(module, x);
            int at = Weights(place.Shape, PandelTable.ShapeNodes, rows) * PandelTable.Stride + Weights(place.Time, PandelTable.TimeNodes, columns);
            Slopes(place.Shape, PandelTable.ShapeNodes, rowSlopes);
            Slopes(place.Time, PandelTable.TimeNodes, columnSlopes);
            double signal = Signal(module.LnN + Spline(at, rows, columns, module.Others)), all = signal + FirstPulse.NoiseDensity, share = signal / all;
            double byEffective = share * Spline(at, rowSlopes, columns, module.Others) * _table.ShapeScale / place.Effective;
            double byTime = share * Spline(at, rows, columnSlopes, module.Others) * _table.TimeScale / (2 * _table.Sigma * C) / Math.Sqrt(place.R * place.R + 1);
            double byD = byEffective * BulkIce.EffectiveSlope - byTime * K, byW = byEffective * (9.2 * place.Eta - 3.9) * BulkIce.SinCherenkov;
            double radial = (byD - byW * place.W / place.D) / place.D;
            byU += radial * place.D1;
            byV += radial * place.D2 + byW * _e2z / place.D;
            byS += byTime;
            sum += Math.Log(all);
        }

        (gradient[0], gradient[1], gradient[2]) = (byU, byV, byS);
        return -sum;
    }

    private Place At((double A, double B, double L, double Others, double LnN) module, double[] x)
    {
        double d1 = module.A - x[0], d2 = module.B - x[1], d = Math.Sqrt(d1 * d1 + d2 * d2 + 1), w = d2 * _e2z / d;
        double eta = _cosPart + BulkIce.SinCherenkov * w, effective = BulkIce.EffectiveOffset(eta) + BulkIce.EffectiveSlope * d;
        double r = (module.L - K * d - x[2]) / (2 * _table.Sigma * C);
        double asinh = Math.CopySign(Math.Log(Math.Abs(r) + Math.Sqrt(r * r + 1)), r);
        double shape = (Math.Log(effective / BulkIce.ScatteringLength) - _table.LeastU) * _table.ShapeScale, time = (asinh - _table.LeastX) * _table.TimeScale;
        return new(d1, d2, d, w, eta, effective, r, Math.Clamp(shape, 0, PandelTable.ShapeNodes - 1), Math.Clamp(time, 0, PandelTable.TimeNodes - 1));
    }

    private static double Signal(double ln) => (1 - FirstPulse.NoiseShare) * Math.Exp(Math.Max(ln, -40));

    private double Spline(int at, ReadOnlySpan<double> rows, ReadOnlySpan<double> columns, double others)
    {
        double[] density = _table.Density, survival = _table.Survival;
        double sum = 0;
        for (int i = 0; i < 4; i++, at += PandelTable.Stride)
        {
            for (int j = 0; j < 4; j++) sum += rows[i] * columns[j] * (density[at + j] + others * survival[at + j]);
        }

        return sum;
    }

    private static int Weights(double coordinate, int nodes, Span<double> weights)
    {
        int cell = Math.Min((int)coordinate, nodes - 2);
        double x = coordinate - cell, left = 1 - x;
        weights[0] = left * left * left / 6;
        weights[1] = x * x * (x / 2 - 1) + 2.0 / 3;
        weights[3] = x * x * x / 6;
        weights[2] = 1 - weights[0] - weights[1] - weights[3];
        return cell;
    }

    private static void Slopes(double coordinate, int nodes, Span<double> slopes)
    {
        double x = coordinate - Math.Min((int)coordinate, nodes - 2), left = 1 - x;
        slopes[0] = -left * left / 2;
        slopes[1] = x * (1.5 * x - 2);
        slopes[3] = x * x / 2;
        slopes[2] = -(slopes[0] + slopes[1] + slopes[3]);
    }

    private readonly record struct Place(double D1, double D2, double D, double W, double Eta, double Effective, double R, double Shape, double Time);
}
