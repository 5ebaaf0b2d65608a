namespace SkyDriver.Scan;

/// <summary>A file is not a scan result that this program can read. The message says where it goes wrong.</summary>
public sealed class ResultFormatException : Exception
{
    internal ResultFormatException(string fault, Exception? cause = null)
        : base($"Not a scan result: {fault}.", cause)
    {
    }
}
