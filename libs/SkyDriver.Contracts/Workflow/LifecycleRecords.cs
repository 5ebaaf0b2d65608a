namespace SkyDriver.Contracts;

// Inputs, outputs and events of the workflows. They are references and a few settings, far below the 64 KiB a
// workflow payload may have; requests, events and results stay in the state store.

/// <summary>Input of <see cref="WorkflowNames.ScanLifecycle"/>.</summary>
/// <param name="I3EventId">Key of the stored event.</param>
/// <param name="Prepared">Set when a long watch starts a fresh history: the scan is running already.</param>
/// <param name="Replacements">How often vanished workers were replaced so far.</param>
/// <param name="NextWatchSeconds">Pause before the next look after the workers.</param>
public sealed record ScanLifecycleInputV1(
    string ScanId,
    string I3EventId,
    int Priority,
    ScanPreparedV1? Prepared = null,
    int Replacements = 0,
    double? NextWatchSeconds = null);

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
/// <param name="RequestId">Makes repeats harmless.</param>
public sealed record AddWorkersV1(string ScanId, string Cluster, int Count, string RequestId);

/// <summary>Payload of <see cref="WorkflowEvents.ScannerReported"/> and <see cref="WorkflowEvents.FinalResultStored"/>.</summary>
public sealed record ScannerReportedV1(string ScanId);

/// <summary>Input of activities that need nothing but the scan.</summary>
public sealed record ScanReferenceV1(string ScanId, string I3EventId);

/// <summary>Output of <see cref="ActivityNames.PrepareEvent"/>: what later steps must know of request and event.</summary>
/// <param name="Failure">Why the event cannot be scanned, or null.</param>
/// <param name="Workers">Workers started so far.</param>
public sealed record ScanPreparedV1(
    string ScanId,
    string RecoAlgo,
    IReadOnlyList<ClusterRequestV1> Clusters,
    int? MaxPixelRecoTime,
    string? Failure,
    int Workers = 0);

/// <summary>Input of <see cref="WorkflowNames.WorkerDeployment"/> and <see cref="ActivityNames.DeployWorkers"/>.</summary>
/// <param name="Cluster">Where, as named in the request.</param>
/// <param name="IdempotencyKey">Scan id and step; a repeat starts nothing new.</param>
public sealed record WorkerDeploymentV1(string ScanId, string RecoAlgo, string Cluster, int Count, string IdempotencyKey);

/// <summary>Input of <see cref="WorkflowNames.WorkerRemoval"/> and <see cref="ActivityNames.RemoveWorkers"/>.</summary>
public sealed record WorkerRemovalV1(string ScanId, IReadOnlyList<string> Clusters, string Reason);

/// <summary>Input of <see cref="ActivityNames.CountWorkers"/>, whose output is the number of workers that run or are about to.</summary>
public sealed record WorkerPlacesV1(string ScanId, IReadOnlyList<string> Clusters);

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
public sealed record ManifestUpdateV1(
    string ScanId,
    string? Phase = null,
    string? EwmsDeactivated = null,
    string? Failure = null,
    bool? Complete = null,
    bool? HasFinalResult = null,
    bool? LingeringCompute = null,
    long? SetAside = null);

// --- arguments of the scan actor

/// <summary>Opens a scan, or does nothing if it is open.</summary>
public sealed record OpenScanV1(string ScanId, string I3EventId);

/// <summary>Delivered <see cref="RecoBatchV1"/> records of one scan, each in its binary form.</summary>
public sealed record RecordRecosV1(IReadOnlyList<byte[]> Batches);

public sealed record AbortScanV1(string Reason);

/// <summary>How many workers there are, so that batches and the in-flight window fit them.</summary>
public sealed record WorkerHintV1(int Workers);
