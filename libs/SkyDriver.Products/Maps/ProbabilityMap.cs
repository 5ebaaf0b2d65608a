namespace SkyDriver.Products.Maps;

/// <summary>Probability over the whole sky, by a level set's claim (<see cref="LevelDensity"/>); sums to one over its cells.</summary>
public sealed class ProbabilityMap
{
    private readonly double[] _densities;

    internal ProbabilityMap(SkyCells sky, LevelSet levels)
    {
        LevelDensity density = LevelDensity.Fit(sky.Cells, levels);
        (Levels, Cells) = (levels, sky.Cells);
        _densities = [.. sky.Cells.Select(cell => density.At(cell.Value))];
        InFifty = Within(levels.Delta50);
        InNinety = Within(levels.Delta90);
        Rule = FormattableString.Invariant($"density ~ exp(-a x), x = 2 dlnL; a = {density.Inner:0.#####} to x = {levels.Delta50}, {density.Outer:0.#####} beyond");
    }

    public LevelSet Levels { get; }

    public IReadOnlyList<SkyCell> Cells { get; }

    /// <summary>Per steradian, for each of <see cref="Cells"/>.</summary>
    public ReadOnlySpan<double> Densities => _densities;

    /// <summary>Probability that the map puts into the 50 % region; differs from 0.5 only where no falling function of the likelihood can do
    /// what the level set claims.</summary>
    public double InFifty { get; }

    /// <summary>The same of the 90 % region.</summary>
    public double InNinety { get; }

    /// <summary>How likelihood became probability, in plain characters, for file headers.</summary>
    public string Rule { get; }

    private double Within(double limit)
    {
        double sum = 0;
        for (int i = 0; i < _densities.Length; i++)
        {
            if (Cells[i].Value <= limit) sum += _densities[i] * Cells[i].Area;
        }

        return sum;
    }
}
