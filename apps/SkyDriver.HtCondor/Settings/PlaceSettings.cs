namespace SkyDriver.HtCondor.Settings;

/// <summary>One schedd.</summary>
/// <param name="Name">As in scan requests.</param>
/// <param name="Instance">Name of this installation; jobs of others are never seen.</param>
/// <param name="Collector">Host, with port where it is not the usual one; null is the one of the tools' configuration.</param>
/// <param name="Schedd">Null is the one of this machine.</param>
/// <param name="Owner">As whom jobs are submitted.</param>
/// <param name="Token">An identity token; null authenticates as the tools are configured to.</param>
/// <param name="Spool">Files go to the schedd with the submission, which then needs none of this machine.</param>
/// <param name="ReadsEventLog">The job event log is on a disk of this machine.</param>
/// <param name="MaxJobs">Never more jobs of this installation in the queue at once.</param>
/// <param name="Configuration">Settings of HTCondor for the tools; each becomes a variable <c>_CONDOR_{name}</c>.</param>
internal sealed record PlaceSettings(
    string Name,
    string Instance,
    string? Collector,
    string? Schedd,
    string Owner,
    string? Token,
    bool Spool,
    bool ReadsEventLog,
    int MaxJobs,
    string? ConfigurationFile,
    IReadOnlyDictionary<string, string> Configuration,
    JobTemplate Template);
