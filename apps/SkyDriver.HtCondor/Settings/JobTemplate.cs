namespace SkyDriver.HtCondor.Settings;

/// <summary>What all jobs of a place have in common.</summary>
/// <param name="Command">Program and arguments of the worker, on the machine or in the image that it runs in.</param>
/// <param name="Environment">In the job ad, which everybody may read.</param>
/// <param name="Defaults">For what a request leaves open; <see cref="JobResources.MaxRunSeconds"/> is also the most that a request may ask for.</param>
/// <param name="UsesContainerUniverse">Else an image is named to the site in the attribute SingularityImage.</param>
/// <param name="MaxRetries">How often HTCondor starts a worker anew that failed.</param>
/// <param name="MaxStarts">A job that was started more often is held.</param>
/// <param name="StopSeconds">How long a worker may take to end when it is asked to.</param>
/// <param name="MaxHeldSeconds">A job held for longer is removed, unless a person held it.</param>
/// <param name="MaxPendingSeconds">A job that waits for longer is removed.</param>
/// <param name="TransferFiles">Further files for the worker, absolute paths.</param>
internal sealed record JobTemplate(
    IReadOnlyList<string> Command,
    IReadOnlyDictionary<string, string> Environment,
    JobResources Defaults,
    bool UsesContainerUniverse,
    int MaxRetries,
    int MaxStarts,
    int StopSeconds,
    int MaxHeldSeconds,
    int MaxPendingSeconds,
    string? Requirements,
    string? AccountingGroup,
    string? AccountingGroupUser,
    IReadOnlyList<string> TransferFiles,
    IReadOnlyList<KeyValuePair<string, string>> ExtraLines);
