namespace SkyDriver.Scan;

public sealed partial class ScanLedger
{
    /// <summary>The map as it stands: pixels whose variations are all in.</summary>
    /// <param name="complete">What the result says of itself; true for the last one of a scan.</param>
    public SkyScanResult BuildResult(bool complete)
    {
        var metadata = new ResultMetadata(complete, _plan.Event);
        return new([.. _tables.Where(table => table.SavedPixels > 0).Select(table => Build(table, metadata))]);
    }

    private static NsideResult Build(PixelTable table, ResultMetadata metadata)
    {
        int[] rows = table.SavedRowsByPixel();
        var index = new long[rows.Length];
        var columns = new double[7][];
        for (int i = 0; i < columns.Length; i++) columns[i] = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            index[i] = table.Ipix(rows[i]);
            ref readonly PixelFit fit = ref table.Best(rows[i]);
            (columns[0][i], columns[1][i], columns[2][i]) = (fit.Llh, fit.EIn, fit.ETot);
            (columns[3][i], columns[4][i], columns[5][i], columns[6][i]) = (fit.X, fit.Y, fit.Z, fit.T);
        }

        return new(table.Nside, SkyScanResult.CurrentVersion, index, [.. columns.Select(column => (ReadOnlyMemory<double>)column)], metadata);
    }
}
