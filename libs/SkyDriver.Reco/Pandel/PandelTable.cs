using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>ln f and ln S of <see cref="ConvolutedPandel"/> for one jitter as cubic splines in U = ln ξ and X = asinh(t / 2σ).</summary>
/// <remarks>
/// Uniform tensor B-splines: twice continuously differentiable, so the derivative of the spline is the exact gradient of what is minimised.
/// Range ξ 0.05 … 45, t −8σ … 9000 ns; outside, arguments count as the border. Against the exact path, for ξ 0.068 … 30 and
/// t −6σ … 6000 ns: |Δ ln f| below 1e-4, |Δ ln S| below 2e-5. The tables of the jitters that fits use are stored with the program, because
/// every new worker would spend a quarter of a second on them; a test holds that they are what would be computed, bit for bit.
/// </remarks>
internal sealed class PandelTable
{
    internal const int ShapeNodes = 96, TimeNodes = 320;
    private const double LeastShape = 0.05, GreatestShape = 45, EarliestJitters = -8, LatestTime = 9000;

    /// <summary>Exact nodes beyond each border, so that the ends of the interpolation do not show inside.</summary>
    private const int Margin = 6;

    private static readonly ConcurrentDictionary<double, Lazy<PandelTable>> Tables = new();

    private PandelTable(double sigma, bool useStored)
    {
        Sigma = sigma;
        LeastU = Elementary.Log(LeastShape);
        ShapeScale = (ShapeNodes - 1) / (Elementary.Log(GreatestShape) - LeastU);
        LeastX = Elementary.Asinh(EarliestJitters / 2);
        TimeScale = (TimeNodes - 1) / (Elementary.Asinh(LatestTime / (2 * sigma)) - LeastX);
        (Density, Survival) = (useStored ? Stored(sigma) : null) ?? Build();
    }

    /// <summary>Jitter, ns.</summary>
    public double Sigma { get; }

    /// <summary>U of the first node, and nodes per unit of U.</summary>
    public double LeastU { get; }

    public double ShapeScale { get; }

    /// <summary>X of the first node, and nodes per unit of X.</summary>
    public double LeastX { get; }

    public double TimeScale { get; }

    /// <summary>Doubles from one row of equal ξ to the next.</summary>
    public const int Stride = TimeNodes + 2;

    /// <summary>Coefficients of ln f. The sixteen that matter in cell (i, j) begin at i · <see cref="Stride"/> + j, four in each of four rows.</summary>
    public double[] Density { get; }

    /// <summary>Coefficients of ln S, laid out as <see cref="Density"/>.</summary>
    public double[] Survival { get; }

    /// <summary>The table of a jitter (ns), read or built at the first call and kept for the life of the process.</summary>
    public static PandelTable For(double sigma) =>
        Tables.GetOrAdd(sigma, static s => new Lazy<PandelTable>(() => new PandelTable(s, useStored: true))).Value;

    /// <summary>A table that is not taken from the stored ones; a quarter of a second.</summary>
    internal static PandelTable Compute(double sigma) => new(sigma, useStored: false);

    /// <summary>Name of the resource that has the table of a jitter: doubles, little endian, <see cref="Density"/> and then <see cref="Survival"/>.</summary>
    internal static string ResourceName(double sigma) => string.Create(CultureInfo.InvariantCulture, $"pandel-{sigma}ns.table");

    private static (double[] Density, double[] Survival)? Stored(double sigma)
    {
        if (!BitConverter.IsLittleEndian) return null;
        using Stream? stream = typeof(PandelTable).Assembly.GetManifestResourceStream(ResourceName(sigma));
        if (stream is null) return null;
        double[] density = new double[(ShapeNodes + 2) * Stride], survival = new double[density.Length];
        stream.ReadExactly(MemoryMarshal.AsBytes(density.AsSpan()));
        stream.ReadExactly(MemoryMarshal.AsBytes(survival.AsSpan()));
        return (density, survival);
    }

    private (double[] Density, double[] Survival) Build()
    {
        const int rows = ShapeNodes + 2 * Margin, columns = TimeNodes + 2 * Margin;
        double[] density = new double[rows * columns], survival = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            double xi = Elementary.Exp(LeastU + (i - Margin) / ShapeScale);
            for (int j = 0; j < columns; j++)
            {
                double t = 2 * Sigma * Elementary.Sinh(LeastX + (j - Margin) / TimeScale);
                var point = ConvolutedPandel.Evaluate(xi, t, Sigma);
                density[i * columns + j] = point.LnDensity;
                survival[i * columns + j] = point.LnSurvival;
            }
        }

        return (Coefficients(density, rows, columns), Coefficients(survival, rows, columns));
    }

    /// <summary>Interpolates the values and cuts the margin down to the one extra coefficient that a cubic needs on each side.</summary>
    private static double[] Coefficients(double[] values, int rows, int columns)
    {
        for (int i = 0; i < rows; i++) Interpolate(values.AsSpan(i * columns, columns), 1, columns);
        for (int j = 0; j < columns; j++) Interpolate(values.AsSpan(j), columns, rows);
        var kept = new double[(ShapeNodes + 2) * Stride];
        for (int i = 0; i < ShapeNodes + 2; i++)
            values.AsSpan((i + Margin - 1) * columns + Margin - 1, Stride).CopyTo(kept.AsSpan(i * Stride));
        return kept;
    }

    /// <summary>Solves (c[k−1] + 4 c[k] + c[k+1]) / 6 = y[k] in place, second derivative zero at the ends.</summary>
    private static void Interpolate(Span<double> y, int stride, int count)
    {
        Span<double> upper = stackalloc double[count];
        upper[0] = 0;
        for (int k = 1; k < count - 1; k++)
        {
            double pivot = 1 / (4 - upper[k - 1]);
            upper[k] = pivot;
            y[k * stride] = (6 * y[k * stride] - y[(k - 1) * stride]) * pivot;
        }

        for (int k = count - 2; k > 0; k--) y[k * stride] -= upper[k] * y[(k + 1) * stride];
    }
}
