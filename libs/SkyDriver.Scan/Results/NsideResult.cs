namespace SkyDriver.Scan;

/// <summary>Facts about a result that are the same for all its nsides.</summary>
/// <param name="Complete">True for the final result of a scan.</param>
public sealed record ResultMetadata(bool Complete, EventMetadata Event);

/// <summary>The scanned pixels of one nside, ascending by index.</summary>
public sealed class NsideResult
{
    /// <param name="index">RING indices.</param>
    /// <param name="columns">Values by column of the version, without the index; each as long as <paramref name="index"/>.</param>
    /// <exception cref="ArgumentException">The columns do not fit the version or each other.</exception>
    public NsideResult(int nside, int version, ReadOnlyMemory<long> index, IReadOnlyList<ReadOnlyMemory<double>> columns, ResultMetadata? metadata)
    {
        string[] names = PixelColumns.Of(version) ?? throw new ArgumentException($"Pixel format {version} is not known; 0 and 1 are.", nameof(version));
        if (columns.Count != names.Length - 1 || columns.Any(column => column.Length != index.Length))
            throw new ArgumentException($"Pixel format {version} has {names.Length - 1} columns beside the index, all of one length.", nameof(columns));
        (Nside, Version, Index, Metadata) = (nside, version, index, metadata);
        Columns = columns;
    }

    public int Nside { get; }

    /// <summary>0: llh, E_in, E_tot. 1: also X, Y, Z, T.</summary>
    public int Version { get; }

    /// <summary>Null for files that carry none.</summary>
    public ResultMetadata? Metadata { get; }

    public int Count => Index.Length;

    /// <summary>RING indices, ascending.</summary>
    public ReadOnlyMemory<long> Index { get; }

    /// <summary>−ln L; NaN where the fit failed.</summary>
    public ReadOnlyMemory<double> Llh => Columns[0];

    /// <summary>GeV lost inside the detector.</summary>
    public ReadOnlyMemory<double> EnergyIn => Columns[1];

    /// <summary>GeV lost in all.</summary>
    public ReadOnlyMemory<double> EnergyTotal => Columns[2];

    /// <summary>All columns but the index, in the order of the format.</summary>
    public IReadOnlyList<ReadOnlyMemory<double>> Columns { get; }

    /// <summary>llh of a pixel; null when it was not scanned.</summary>
    public double? LlhOf(long ipix)
    {
        int row = Index.Span.BinarySearch(ipix);
        return row >= 0 ? Llh.Span[row] : null;
    }
}
