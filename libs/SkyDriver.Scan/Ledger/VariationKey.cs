namespace SkyDriver.Scan;

/// <summary>A variation in one number: which table, which row of it, which position variation.</summary>
internal readonly record struct VariationKey(long Value)
{
    private const int PosvarBits = 6, RowBits = 31;

    public VariationKey(int step, int row, int posvar)
        : this(((long)step << (PosvarBits + RowBits)) | ((long)row << PosvarBits) | (uint)posvar)
    {
    }

    public int Step => (int)(Value >> (PosvarBits + RowBits));

    public int Row => (int)(Value >> PosvarBits & int.MaxValue);

    public int Posvar => (int)(Value & ((1 << PosvarBits) - 1));
}
