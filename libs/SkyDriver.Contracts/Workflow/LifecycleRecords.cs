namespace SkyDriver.Contracts;

// Inputs, outputs and events of the workflows. They are references and a few settings, far below the 64 KiB a
// workflow payload may have; requests, events and results stay in the state store.

/// <summary>Input of <see cref="WorkflowNames.ScanLifecycle"/>; whoever starts a scan gives the first three, the rest is carried from one history to the next.</summary>
/// <param name="I3EventId">Key of the stored event.</param>
/// <param name="Terms">What was agreed when the scan entered the backlog.</param>
/// <param name="Admitted">The backlog let the scan go.</param>
/// <param name="Opened">The scan actor may hold a ledger of this scan.</param>
/// <param name="Prepared">What is known of request and workers; set once the scan is running.</param>
/// <param name="Deadline">UTC; the scan is given up then.</param>
/// <param name="WaitsForWorkers">Why there are none yet, as the manifest says it; null when it says nothing of that.</param>
/// <param name="NextWatchSeconds">Pause before the next look after the workers.</param>
/// <param name="Lingering">Set when the scan is over and only its compute is left to be taken away.</param>
/// <param name="ScannerIsSilent">The manifest says that the scanner does not answer.</param>
/// <param name="ServerJob">What the launcher calls the scanner's server, once it was started.</param>
/// <param name="ServerWasGone">At the last look that server was not there any more.</param>
public sealed record ScanLifecycleInputV1(
    string ScanId,
    string I3EventId,
    int Priority,
    LifecycleTermsV1? Terms = null,
    bool Admitted = false,
    bool Opened = false,
    ScanPreparedV1? Prepared = null,
    DateTime? Deadline = null,
    string? WaitsForWorkers = null,
    double? NextWatchSeconds = null,
    LingeringComputeV1? Lingering = null,
    bool ScannerIsSilent = false,
    string? ServerJob = null,
    bool ServerWasGone = false);

/// <summary>Output of <see cref="ActivityNames.EnterBacklog"/>: settings of the service, kept with the scan so that a replay sees what the first run saw.</summary>
/// <param name="Engine">One of <see cref="ScanEngine"/>.</param>
/// <param name="LaunchAttempts">After this many failed launches the scan has failed.</param>
/// <param name="LaunchRetrySeconds">Between two of them.</param>
/// <param name="NoRoomSeconds">Before places that had no room for a single worker are asked again, for as long as it takes.</param>
/// <param name="ServerStartSeconds">From the launch to the scanner's first sign of life.</param>
/// <param name="ScanSeconds">From the launch to the end of the scan.</param>
/// <param name="TeardownSeconds">From the final result to the removal of the workers, unless somebody reads it before.</param>
/// <param name="ScannerSilenceSeconds">A scanner outside of this system that says nothing for so long is lost.</param>
/// <param name="Server">Where the server of such a scanner is started and watched; null when somebody else does both.</param>
/// <param name="ServerLookSeconds">Between two looks whether that server is still there; it is lost when two in a row do not find it.</param>
public sealed record LifecycleTermsV1(
    string Engine,
    int LaunchAttempts,
    double LaunchRetrySeconds,
    double NoRoomSeconds,
    double ServerStartSeconds,
    double ScanSeconds,
    double TeardownSeconds,
    double ScannerSilenceSeconds = 10_800,
    ServerPlaceV1? Server = null,
    double ServerLookSeconds = 30);

/// <summary>A place of a launcher.</summary>
public sealed record ServerPlaceV1(string Place, string Launcher);

/// <summary>Who makes the scan.</summary>
public static class ScanEngine
{
    /// <summary>The scan actor and workers started by this system.</summary>
    public const string Native = "native";

    /// <summary>A scanner outside of this system, which reports over REST.</summary>
    public const string External = "external";
}

/// <summary>A scan that is over while workers of it may still run.</summary>
/// <param name="Phase">How it ended.</param>
/// <param name="Rounds">How often their removal was tried again.</param>
public sealed record LingeringComputeV1(string Phase, string? Reason, int Rounds);

/// <summary>Payload of <see cref="WorkflowEvents.LaunchPermit"/>.</summary>
/// <param name="Attempt">From 1.</param>
public sealed record LaunchPermitV1(string ScanId, int Attempt);

/// <summary>Payload of <see cref="WorkflowEvents.LaunchRefused"/>.</summary>
public sealed record LaunchRefusedV1(string ScanId, string Reason);

/// <summary>Input of <see cref="ActivityNames.EnterBacklog"/>.</summary>
public sealed record BacklogEntranceV1(string ScanId, int Priority);

/// <summary>Output of <see cref="WorkflowNames.ScanLifecycle"/>.</summary>
/// <param name="Phase">The last of <see cref="ScanPhase"/>.</param>
/// <param name="Reason">Why, when it did not simply finish.</param>
public sealed record ScanOutcomeV1(string ScanId, string Phase, string? Reason);

/// <summary>The scan actor is done: payload of <see cref="WorkflowEvents.ScanEnded"/>.</summary>
/// <param name="State">One of <see cref="ScanActorState"/>: finished, aborted or failed.</param>
/// <param name="SetAside">Variations that count as NaN because three workers failed on them.</param>
public sealed record ScanEndedV1(string ScanId, string State, string? Reason, long Recos, long SetAside);

/// <summary>Payload of <see cref="WorkflowEvents.Abort"/>.</summary>
public sealed record AbortRequestedV1(string ScanId, string Reason);

/// <summary>Payload of <see cref="WorkflowEvents.AddWorkers"/>.</summary>
/// <param name="RequestId">Makes repeats harmless; users know the workers by it, as their <c>taskforce_uuid</c>.</param>
public sealed record AddWorkersV1(string ScanId, string Cluster, int Count, string RequestId);

/// <summary>Payload of <see cref="WorkflowEvents.ScannerReported"/> and <see cref="WorkflowEvents.FinalResultStored"/>.</summary>
public sealed record ScannerReportedV1(string ScanId);

/// <summary>Payload of <see cref="WorkflowEvents.ServerLost"/>.</summary>
/// <param name="Reason">What the place said of the container, such as <c>OOMKilled</c>, or one of <see cref="ServerLossReason"/>; or null.</param>
/// <param name="Message">The place's own words, where they say more.</param>
public sealed record ServerLostV1(string ScanId, string? Reason, int? ExitCode, string? Message = null);

/// <summary>Values of <see cref="ServerLostV1.Reason"/>, beside other words of Kubernetes.</summary>
public static class ServerLossReason
{
    public const string OutOfMemory = "OOMKilled";
    public const string CrashLoop = "CrashLoopBackOff";

    /// <summary>Somebody took it away, or its machine went: it has no exit code of its own.</summary>
    public const string Removed = "Removed";

    /// <summary>The scheduler will not start it until somebody acts.</summary>
    public const string Held = "Held";

    /// <summary>It ended by itself; its exit code says how.</summary>
    public const string Ended = "Ended";
}

/// <summary>Output of <see cref="ActivityNames.CheckScanner"/>.</summary>
/// <param name="IsLost">The scan is unknown to the scanner that had it.</param>
/// <param name="LastSign">UTC, of the scan's last report; null when that is not what it is judged by.</param>
/// <param name="ServerLost">The scanner's server was started by a launcher, which has it no more.</param>
public sealed record ScannerStandingV1(bool IsLost, DateTime? LastSign = null, ServerLostV1? ServerLost = null);

/// <summary>Input of <see cref="ActivityNames.StartServer"/> and <see cref="ActivityNames.RemoveServer"/>.</summary>
public sealed record ScannerServerV1(string ScanId, ServerPlaceV1 At);

/// <summary>Output of <see cref="ActivityNames.StartServer"/>.</summary>
/// <param name="Job">What the launcher calls it; null when it was not started.</param>
/// <param name="Denied">There is no room for it now: a matter of waiting.</param>
public sealed record ServerStartedV1(string? Job, string? Denied = null);

/// <summary>Input of <see cref="ActivityNames.ReplaceScan"/>.</summary>
/// <param name="DoubleMemory">The scanner's server ran out of memory.</param>
public sealed record ReplaceScanV1(string ScanId, bool DoubleMemory = false);

/// <summary>Output of <see cref="ActivityNames.ReplaceScan"/>.</summary>
/// <param name="NewScanId">Of the scan that takes its place, or null.</param>
/// <param name="Refused">Why there is none.</param>
public sealed record ScanReplacedV1(string? NewScanId, string? Refused = null);

/// <summary>Input of activities that need nothing but the scan.</summary>
/// <param name="Engine">One of <see cref="ScanEngine"/>.</param>
/// <param name="Server">Where the scanner's server was started; null when it was not started here.</param>
/// <param name="ServerJob">What the launcher there calls it.</param>
public sealed record ScanReferenceV1(string ScanId, string I3EventId, string Engine = ScanEngine.Native, ServerPlaceV1? Server = null, string? ServerJob = null);

/// <summary>Output of <see cref="ActivityNames.PrepareEvent"/>: what later steps must know of request and event.</summary>
/// <param name="Failure">Why the event cannot be scanned, or null.</param>
/// <param name="Workers">Workers that the scan was told to count on.</param>
/// <param name="Added">Asked for while the scan ran, in the order of asking.</param>
public sealed record ScanPreparedV1(
    string ScanId,
    string RecoAlgo,
    IReadOnlyList<ClusterRequestV1> Clusters,
    int? MaxPixelRecoTime,
    string? Failure,
    int Workers = 0,
    IReadOnlyList<AddWorkersV1>? Added = null);

/// <summary>Input of <see cref="ActivityNames.RecruitWorkers"/>: all that the scan wants, at any time.</summary>
/// <param name="Clusters">As in the request, every pair of it.</param>
/// <param name="Added">Asked for while the scan runs, in the order of asking.</param>
public sealed record RecruitWorkersV1(string ScanId, string RecoAlgo, IReadOnlyList<ClusterRequestV1> Clusters, IReadOnlyList<AddWorkersV1> Added);

/// <summary>Input of <see cref="ActivityNames.RemoveWorkers"/>.</summary>
/// <param name="Clusters">Every place where the scan may have workers.</param>
public sealed record WorkerRemovalV1(string ScanId, IReadOnlyList<string> Clusters);

/// <summary>Input of <see cref="ActivityNames.CountWorkers"/>.</summary>
/// <param name="Clusters">Every place once, with all workers ever asked for there.</param>
public sealed record WorkerPlacesV1(string ScanId, IReadOnlyList<ClusterRequestV1> Clusters);

/// <summary>Output of <see cref="ActivityNames.CountWorkers"/>.</summary>
/// <param name="Living">Workers that run or are about to.</param>
/// <param name="AllFailed">At every place as many failed by themselves as were asked for and none lives; or, living or not, four times as many.</param>
/// <param name="TopErrors">The most frequent errors, for people; null when there were none.</param>
/// <param name="Ordered">Workers that were ordered and are not there yet.</param>
/// <param name="Denied">What places said that had no room; null when all had.</param>
/// <param name="Fault">Why no place could start any; null when one could.</param>
/// <param name="Trouble">Why there are none yet although somebody still tries: the last fault of an open order, or of launchers that do not answer.</param>
public sealed record WorkersCountedV1(int Living, bool AllFailed = false, string? TopErrors = null, int Ordered = 0, string? Denied = null, string? Fault = null, string? Trouble = null);

/// <summary>Input of <see cref="ActivityNames.HintWorkers"/>.</summary>
/// <param name="Workers">All workers of the scan.</param>
public sealed record WorkerHintForScanV1(string ScanId, int Workers);

/// <summary>Values of <see cref="ManifestUpdateV1.EwmsDeactivated"/>.</summary>
public static class Deactivated
{
    public const string Aborted = "ABORTED";
    public const string Finished = "FINISHED";
}

/// <summary>Input of <see cref="ActivityNames.UpdateManifest"/>; null members are left as they are.</summary>
/// <param name="Waiting">What the scan waits for and until when; empty when it waits no more.</param>
public sealed record ManifestUpdateV1(
    string ScanId,
    string? Phase = null,
    string? EwmsDeactivated = null,
    string? Failure = null,
    bool? Complete = null,
    bool? HasFinalResult = null,
    bool? LingeringCompute = null,
    long? SetAside = null,
    string? Waiting = null);

// --- arguments of the scan actor

/// <summary>Opens a scan, or does nothing if it is open.</summary>
public sealed record OpenScanV1(string ScanId, string I3EventId);

/// <summary>Delivered <see cref="RecoBatchV1"/> records of one scan, each in its binary form.</summary>
public sealed record RecordRecosV1(IReadOnlyList<byte[]> Batches);

public sealed record AbortScanV1(string Reason);

/// <summary>How many workers there are, so that batches and the in-flight window fit them.</summary>
public sealed record WorkerHintV1(int Workers);
