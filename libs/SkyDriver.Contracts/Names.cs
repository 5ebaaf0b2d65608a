using System.Globalization;

namespace SkyDriver.Contracts;

// Every name that two programs, or a program and a YAML file, must agree on.

/// <summary>Dapr app ids.</summary>
public static class AppIds
{
    public const string Api = "skydriver-api";
    public const string Orchestrator = "skydriver-orchestrator";
    public const string Scanner = "skydriver-scanner";
    public const string Worker = "skydriver-worker";
}

/// <summary>Dapr components; the same in every component set, so that a swap touches YAML only.</summary>
public static class Components
{
    public const string StateStore = "statestore";
    public const string PubSub = "pubsub";
    public const string LocalWorkers = "workers-local";

    /// <summary>The output binding that starts workers at a place named in a scan request.</summary>
    public static string Workers(string place) => "workers-" + place;
}

/// <summary>Topics of the pub/sub component.</summary>
public static class Topics
{
    /// <summary>Workers to scanner; payload <see cref="RecoBatchV1"/>.</summary>
    public const string Recos = "recos";

    /// <summary>Scanner and orchestrator to whoever listens; payload <see cref="ScanEventV1"/>.</summary>
    public const string ScanEvents = "scan-events";

    /// <summary>Orchestrator to whoever listens; payload <see cref="Fleet.FleetTaskEventV1"/>.</summary>
    public const string FleetTask = "fleet.task";

    /// <summary>Orchestrator to whoever listens; payload <see cref="Fleet.FleetWorkerEventV1"/>.</summary>
    public const string FleetWorker = "fleet.worker";

    /// <summary>REST service to itself: whether the broker carries messages.</summary>
    public const string Probes = "probes";

    /// <summary>Scanner to the workers of one scan; payload <see cref="PixelBatchV1"/>.</summary>
    public static string Pixels(string scanId) => "pixels." + scanId;
}

/// <summary>CloudEvent types of the messages.</summary>
public static class MessageTypes
{
    public const string PixelBatchV1 = "skydriver.pixel-batch.v1";
    public const string RecoBatchV1 = "skydriver.reco-batch.v1";
    public const string ScanEventV1 = "skydriver.scan-event.v1";
    public const string Protobuf = "application/x-protobuf";
}

/// <summary>Keys of the state store component.</summary>
public static class StateKeys
{
    /// <summary>Largest value under one key, bytes: sidecars refuse bodies above 4 MiB, many stores far smaller ones.</summary>
    public const int MaxValueBytes = 1 << 20;

    /// <summary><see cref="ScanManifest"/></summary>
    public static string Manifest(string scanId) => "manifest/" + scanId;

    /// <summary><see cref="ScanRequestV1"/></summary>
    public static string Request(string scanId) => "request/" + scanId;

    /// <summary><see cref="BlobIndexV1"/> of an event's JSON; the id is its SHA-256 in lower-case hex.</summary>
    public static string EventIndex(string i3EventId) => $"event/{i3EventId}/index";

    /// <summary>Bytes <paramref name="chunk"/> of the compressed event.</summary>
    public static string EventChunk(string i3EventId, int chunk) =>
        string.Create(CultureInfo.InvariantCulture, $"event/{i3EventId}/{chunk}");

    /// <summary><see cref="ResultIndexV1"/>, written after its chunks.</summary>
    public static string ResultIndex(string scanId) => $"result/{scanId}/index";

    /// <summary>Bytes <paramref name="chunk"/> of one compressed <c>skyscan_result</c>.</summary>
    /// <param name="slot">Names the writing: each has a place of its own, so two writers never mix.</param>
    public static string ResultChunk(string scanId, string slot, int chunk) =>
        string.Create(CultureInfo.InvariantCulture, $"result/{scanId}/{slot}/{chunk}");

    /// <summary><see cref="BlobWritingsV1"/></summary>
    public static string BlobWritings(int shard) => string.Create(CultureInfo.InvariantCulture, $"blob-writings/{shard}");

    /// <summary><see cref="ReplacementV1"/> of a scan that was lost.</summary>
    public static string Replacement(string scanId) => "replacement/" + scanId;

    /// <summary>Id of the scan that a launch request made, kept for a while so that a repeat finds it.</summary>
    public static string Launch(string repeatKey) => "launch/" + repeatKey;

    /// <summary><see cref="CatalogDaysV1"/></summary>
    public const string CatalogDays = "catalog/days";

    /// <summary><see cref="CatalogPageV1"/></summary>
    /// <param name="day">Of the request, UTC, as <c>2026-11-21</c>.</param>
    public static string CatalogPage(string day, int page) => string.Create(CultureInfo.InvariantCulture, $"catalog/{day}/{page}");

    /// <summary><see cref="WorkforceV1"/></summary>
    public static string Workforce(string scanId) => "workforce/" + scanId;

    /// <summary><see cref="WorkerLogsV1"/> of a scan whose workers were taken away, as they were then.</summary>
    public static string WorkerLogs(string scanId) => "worker-logs/" + scanId;

    /// <summary><see cref="ScanEventLogV1"/> of one scan.</summary>
    public static string ScanEvents(string scanId) => "scan-events/" + scanId;

    /// <summary><see cref="ScanEventLogV1"/> of all scans, without their progress bodies.</summary>
    public const string AllScanEvents = "scan-events";

    /// <summary>Names of all batches of the fleet.</summary>
    public const string FleetBatches = "fleet/batches";

    /// <summary>Names of those that concern the fleet now.</summary>
    public const string FleetActive = "fleet/active";

    /// <summary>Number of the next block of ids.</summary>
    public const string FleetBlocks = "fleet/blocks";

    /// <summary>Name of the batch that the ids of a block (id / <see cref="Fleet.FleetIds.PerBlock"/>) belong to; never changes.</summary>
    public static string FleetBlock(long block) => string.Create(CultureInfo.InvariantCulture, $"fleet/block/{block}");

    /// <summary><see cref="Fleet.ExecutionV1"/> of an attempt that is over and not the latest.</summary>
    public static string FleetExecution(long executionId) => string.Create(CultureInfo.InvariantCulture, $"fleet/execution/{executionId}");

    /// <summary>How long a stream is by now.</summary>
    public static string FleetLogHead(long executionId, string stream) => string.Create(CultureInfo.InvariantCulture, $"fleet/log/{executionId}/{stream}/head");

    /// <summary>Bytes <paramref name="chunk"/> of a stream.</summary>
    /// <param name="stream">One of <see cref="Fleet.LogStream"/>.</param>
    public static string FleetLog(long executionId, string stream, long chunk) =>
        string.Create(CultureInfo.InvariantCulture, $"fleet/log/{executionId}/{stream}/{chunk}");

    /// <summary>Written and removed again, to see whether the store works.</summary>
    public static string Probe(string id) => "probe/" + id;

    /// <summary><see cref="ScansOfEventV1"/></summary>
    public static string ScansByEvent(long runId, long eventId) =>
        string.Create(CultureInfo.InvariantCulture, $"scans/by-event/{runId}/{eventId}");
}

/// <summary>Actor types; the id of a scan actor is the scan id.</summary>
public static class ActorTypes
{
    public const string Scan = "ScanActor";

    /// <summary>The backlog; its one actor is <see cref="Backlog"/>.</summary>
    public const string LaunchQueue = "LaunchQueue";

    public const string Backlog = "backlog";

    /// <summary>Tasks, workers and recruiters of one batch; its id is the batch's name, which for a scan is the scan id.</summary>
    public const string Batch = "BatchActor";

    /// <summary>Whoever recruits; its one actor is <see cref="TheFleet"/>.</summary>
    public const string Fleet = "FleetActor";

    public const string TheFleet = "fleet";
}

/// <summary>Workflows; the instance id of a scan's life cycle is the scan id.</summary>
public static class WorkflowNames
{
    public const string ScanLifecycle = "ScanLifecycle";

    /// <summary>A job of the fleet; payload <see cref="Fleet.FleetJobV1"/>.</summary>
    public const string FleetDeployment = "FleetDeployment";

    /// <summary>A job of the fleet; payload <see cref="Fleet.FleetJobV1"/>.</summary>
    public const string FleetRemoval = "FleetRemoval";

    /// <summary>Instance id of one run of a job.</summary>
    public static string FleetJob(long jobId, int attempt) => string.Create(CultureInfo.InvariantCulture, $"fleet-job-{jobId}-{attempt}");
}

/// <summary>Activities of the workflows.</summary>
public static class ActivityNames
{
    public const string EnterBacklog = "EnterBacklog";
    public const string TakePermit = "TakePermit";
    public const string LeaveBacklog = "LeaveBacklog";
    public const string PrepareEvent = "PrepareEvent";
    public const string OpenScan = "OpenScan";
    public const string AbortScan = "AbortScan";
    public const string HintWorkers = "HintWorkers";
    public const string RecruitWorkers = "RecruitWorkers";
    public const string CountWorkers = "CountWorkers";
    public const string FreeWorkers = "FreeWorkers";
    public const string RemoveWorkers = "RemoveWorkers";
    public const string CheckScanner = "CheckScanner";
    public const string ReplaceScan = "ReplaceScan";
    public const string StartServer = "StartServer";
    public const string RemoveServer = "RemoveServer";
    public const string UpdateManifest = "UpdateManifest";
    public const string Notify = "Notify";
    public const string LaunchFleetWorkers = "LaunchFleetWorkers";
    public const string RemoveFleetWorkers = "RemoveFleetWorkers";
    public const string ReportFleetJob = "ReportFleetJob";
}

/// <summary>External events of the life cycle.</summary>
public static class WorkflowEvents
{
    /// <summary>From the backlog: the scan may start. Payload <see cref="LaunchPermitV1"/>; may come again.</summary>
    public const string LaunchPermit = "launch-permit";

    /// <summary>From the backlog: it gave the scan up. Payload <see cref="LaunchRefusedV1"/>.</summary>
    public const string LaunchRefused = "launch-refused";

    /// <summary>From the scan actor; payload <see cref="ScanEndedV1"/>.</summary>
    public const string ScanEnded = "scan-ended";

    /// <summary>From the REST service; payload <see cref="AbortRequestedV1"/>.</summary>
    public const string Abort = "abort";

    /// <summary>From the REST service; payload <see cref="AddWorkersV1"/>.</summary>
    public const string AddWorkers = "add-workers";

    /// <summary>From the REST service: somebody holds the final result, so the workers need not linger. No payload.</summary>
    public const string FinalResultRead = "final-result-read";

    /// <summary>From the REST service: a scanner outside of this system gave its first sign of life. Payload <see cref="ScannerReportedV1"/>.</summary>
    public const string ScannerReported = "scanner-reported";

    /// <summary>From whoever watches the container of such a scanner, where the service does not: it is gone. Payload <see cref="ServerLostV1"/>.</summary>
    public const string ServerLost = "server-lost";

    /// <summary>From the REST service: such a scanner stored a final result. Payload <see cref="ScannerReportedV1"/>; may come again.</summary>
    public const string FinalResultStored = "final-result-stored";
}

/// <summary>Operations that every worker binding answers; all JSON, all idempotent.</summary>
public static class WorkerOperations
{
    /// <summary><see cref="DeployWorkersV1"/> to <see cref="WorkersDeployedV1"/>.</summary>
    public const string Deploy = "deploy";

    /// <summary><see cref="ListWorkersV1"/> to <see cref="WorkerListV1"/>.</summary>
    public const string List = "list";

    /// <summary><see cref="RemoveWorkersV1"/> to <see cref="WorkersRemovedV1"/>.</summary>
    public const string Remove = "remove";

    /// <summary><see cref="WorkerLogsRequestV1"/> to <see cref="WorkerLogsV1"/>.</summary>
    public const string Logs = "logs";
}

/// <summary>Environment that launchers give a worker.</summary>
public static class WorkerEnvironment
{
    /// <summary>Base URL of the REST service.</summary>
    public const string Api = "SKYDRIVER_API";
    public const string ScanId = "SKYDRIVER_SCAN_ID";
    public const string WorkerId = "SKYDRIVER_WORKER_ID";
    public const string RecoAlgo = "SKYDRIVER_RECO_ALGO";

    /// <summary>The batch that the worker was started for; for a scan its id.</summary>
    public const string Batch = "SKYDRIVER_BATCH";

    /// <summary>By which a user knows workers that were asked for while the scan ran.</summary>
    public const string Taskforce = "SKYDRIVER_TASKFORCE";

    /// <summary>Where a worker gets its pixels: <c>sidecar</c> or <c>gateway</c>.</summary>
    public const string Work = "SKYDRIVER_WORK";

    /// <summary>Secret: lets a worker in at the REST service, for its scan only.</summary>
    public const string Token = "SKYDRIVER_WORKER_TOKEN";
}

/// <summary>Environment of a scanner's server that this service starts, beside <see cref="WorkerEnvironment.Api"/> and <see cref="WorkerEnvironment.ScanId"/>.</summary>
public static class ServerEnvironment
{
    /// <summary>Arguments as the manifest has them.</summary>
    public const string Arguments = "SKYDRIVER_SCANNER_ARGS";

    /// <summary>Tag of the image that the request asks for.</summary>
    public const string DockerTag = "SKYDRIVER_SCANNER_TAG";
}

/// <summary>The pull gateway of the REST service, for workers that reach nothing else.</summary>
public static class GatewayNames
{
    /// <summary>Answer to a worker that gets work: number of the lease, which is the number of the batch. It only grows, so it fences.</summary>
    public const string LeaseHeader = "SkyDriver-Lease";

    /// <summary>Seconds until the lease runs out unless it is renewed.</summary>
    public const string LeaseSecondsHeader = "SkyDriver-Lease-Seconds";

    /// <summary>W3C context that the batch belongs to. A worker that makes spans continues it, and sends it along with its answer as usual.</summary>
    public const string TraceHeader = "traceparent";

    /// <summary>Most leases that one worker holds.</summary>
    public const int MaxSlots = 256;

    /// <summary>Longest name of a worker, characters.</summary>
    public const int MaxWorkerName = 128;
}
