using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Products.Maps;

/// <summary>Probability per steradian as a falling function of 2ΔlnL, such that the regions of a level set hold what the set claims:
/// 50 % of the probability below its first limit and 90 % below its second.</summary>
/// <remarks>
/// <para>ln ρ is a line of one slope below the first limit and of another above it, continuous at the limit. For a parabolic surface and the
/// set <c>wilks</c> both slopes are ½ and ρ ∝ e^(−ΔlnL); limits that are wider make the map wider by the same factor.</para>
/// <para>Where no falling function can do so (the first region being too large a part of the second), 90 % is kept and 50 % is not;
/// the map says what its regions really hold.</para>
/// </remarks>
internal sealed class LevelDensity
{
    private const double Flattest = 1e-3, Steepest = 300;       // in units of one over the limit; the density must fall to be sorted by
    private readonly LevelSet _levels;
    private readonly double _norm;

    private LevelDensity(LevelSet levels, double inner, double outer, double norm) => (_levels, Inner, Outer, _norm) = (levels, inner, outer, norm);

    /// <summary>−dlnρ/d(2ΔlnL) below the first limit.</summary>
    public double Inner { get; }

    /// <summary>The same above it.</summary>
    public double Outer { get; }

    public static LevelDensity Fit(IReadOnlyList<SkyCell> cells, LevelSet levels)
    {
        SkyCell[] known = [.. cells.Where(c => double.IsFinite(c.Value))];
        double wide = Flattest / levels.Delta90, narrow = Steepest / levels.Delta50;
        // Of what lies beyond the first limit, four parts lie before the second and one beyond.
        double outer = Balance(s => Masses(known, levels, wide, s) is var m ? m.Shell - (4 * m.Tail) : 0);
        double inner = Balance(s => Masses(known, levels, s, outer) is var m ? m.Core - m.Shell - m.Tail : 0);
        if (inner <= wide * 1.001) outer = Balance(s => Masses(known, levels, wide, s) is var m ? m.Core + m.Shell - (9 * m.Tail) : 0);
        (double core, double shell, double tail) = Masses(known, levels, inner, outer);
        return new(levels, inner, outer, core + shell + tail);

        // Steeper moves probability inwards. Steps in the logarithm: the answer may be anything from almost flat to almost a needle.
        double Balance(Func<double, double> excessInside)
        {
            double low = wide, high = narrow;
            for (int i = 0; i < 60; i++)
            {
                double middle = Math.Sqrt(low * high);
                if (excessInside(middle) < 0) low = middle;
                else high = middle;
            }

            return Math.Sqrt(low * high);
        }
    }

    /// <summary>Per steradian; 0 where nothing was scanned or every fit failed.</summary>
    public double At(double value) => double.IsFinite(value) ? Shape(value, _levels.Delta50, Inner, Outer) / _norm : 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Core, double Shell, double Tail) Masses(SkyCell[] cells, LevelSet levels, double inner, double outer)
    {
        double core = 0, shell = 0, tail = 0;
        foreach (SkyCell cell in cells)
        {
            double mass = cell.Area * Shape(cell.Value, levels.Delta50, inner, outer);
            if (cell.Value <= levels.Delta50) core += mass;
            else if (cell.Value <= levels.Delta90) shell += mass;
            else tail += mass;
        }

        return (core, shell, tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Shape(double value, double limit, double inner, double outer) => Elementary.Exp((limit - value) * (value <= limit ? inner : outer));
}
