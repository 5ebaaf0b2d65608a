namespace SkyDriver.HtCondor.Submissions;

/// <summary>The launcher's own attributes of a job ad.</summary>
internal static class JobAttributes
{
    /// <summary>Which installation the job belongs to.</summary>
    public const string Instance = "SkyDriverInstance";

    /// <summary>Name of the place; two may be one schedd.</summary>
    public const string Place = "SkyDriverPlace";

    /// <summary>What the job works for, encoded.</summary>
    public const string ScanId = "SkyDriverScanId";

    /// <summary>Business key of the submission.</summary>
    public const string Key = "SkyDriverKey";

    /// <summary>Jobs of the submission.</summary>
    public const string Count = "SkyDriverCount";
}
