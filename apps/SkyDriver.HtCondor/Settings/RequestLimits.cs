namespace SkyDriver.HtCondor.Settings;

/// <summary>The most that a request or a setting may ask for.</summary>
internal static class RequestLimits
{
    /// <summary>A pebibyte.</summary>
    public const long MostBytes = 1L << 50;
    public const int MostCpus = 1024;
    public const int MostSeconds = 366 * 86_400;
    public const int MostPriority = 1_000_000;
    public const int MostJobs = 100_000;
}
