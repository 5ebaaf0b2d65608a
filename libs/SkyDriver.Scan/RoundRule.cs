namespace SkyDriver.Scan;

/// <summary>When a new round of pixels is chosen.</summary>
public enum RoundRule
{
    /// <summary>As soon as an nside reaches one of its thresholds, even if finer ones are incomplete: fast, but which pixels are scanned
    /// depends on the order in which recos arrive.</summary>
    Threshold,

    /// <summary>When everything that was sent has been answered: the same map for any number of workers and any order.</summary>
    Complete,
}
