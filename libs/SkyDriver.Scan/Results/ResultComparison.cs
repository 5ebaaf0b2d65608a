namespace SkyDriver.Scan;

/// <summary>One place where two results differ.</summary>
public sealed record ResultDifference(int Nside, long Ipix, string Column, double Left, double Right);

public sealed partial class SkyScanResult
{
    private const double AbsoluteTolerance = 1e-8;

    /// <summary>Differences in the nsides that both have, up to a number of them; none for results that count as the same.</summary>
    /// <remarks>Indices must agree exactly, other columns within the relative tolerance of the column. NaN agrees with NaN, and an energy of
    /// zero with anything: some algorithms do not estimate it. Columns that only one side's format has are not compared.</remarks>
    public IReadOnlyList<ResultDifference> DifferencesFrom(SkyScanResult other, int most = 100)
    {
        var pairs = from left in Nsides
                    join right in other.Nsides on left.Nside equals right.Nside
                    select Differences(left, right);
        return [.. pairs.SelectMany(differences => differences).Take(most)];
    }

    private static IEnumerable<ResultDifference> Differences(NsideResult left, NsideResult right)
    {
        if (!left.Index.Span.SequenceEqual(right.Index.Span))
        {
            int row = left.Index.Span.CommonPrefixLength(right.Index.Span);
            double a = row < left.Count ? left.Index.Span[row] : double.NaN, b = row < right.Count ? right.Index.Span[row] : double.NaN;
            yield return new(left.Nside, row, PixelColumns.Index, a, b);
            yield break;
        }

        string[] names = PixelColumns.Of(Math.Min(left.Version, right.Version))!;
        for (int column = 1; column < names.Length; column++)
        {
            for (int row = 0; row < left.Count; row++)
            {
                double a = left.Columns[column - 1].Span[row], b = right.Columns[column - 1].Span[row];
                if (!Agree(names[column], a, b)) yield return new(left.Nside, left.Index.Span[row], names[column], a, b);
            }
        }
    }

    private static bool Agree(string column, double a, double b)
    {
        if (double.IsNaN(a) || double.IsNaN(b)) return double.IsNaN(a) && double.IsNaN(b);
        if (column.StartsWith('E') && (a == 0 || b == 0)) return true;
        return Math.Abs(a - b) <= AbsoluteTolerance + PixelColumns.RelativeTolerance[column] * Math.Abs(b);
    }
}
