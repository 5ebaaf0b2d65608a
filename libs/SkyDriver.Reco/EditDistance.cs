namespace SkyDriver.Reco;

/// <summary>Levenshtein's distance, to find the name someone meant.</summary>
internal static class EditDistance
{
    /// <summary>A misspelt name longer than this is compared by its beginning only.</summary>
    private const int MaxLength = 64;

    public static int Between(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.Length > MaxLength) a = a[..MaxLength];
        if (b.Length > MaxLength) b = b[..MaxLength];
        Span<int> row = stackalloc int[b.Length + 1];
        for (int j = 0; j < row.Length; j++) row[j] = j;
        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int above = row[j + 1];
                row[j + 1] = Math.Min(Math.Min(above, row[j]) + 1, diagonal + (a[i] == b[j] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
