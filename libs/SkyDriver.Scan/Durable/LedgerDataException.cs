namespace SkyDriver.Scan;

/// <summary>A stored ledger cannot be read: it is damaged, incomplete, or of another plan.</summary>
public sealed class LedgerDataException : Exception
{
    internal LedgerDataException(string fault)
        : base($"The stored state of the scan cannot be used: {fault}. Restore an older copy, or start the scan again.")
    {
    }
}
