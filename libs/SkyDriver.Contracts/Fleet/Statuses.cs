namespace SkyDriver.Contracts.Fleet;

/// <summary>Values of <see cref="FleetTaskV1.Status"/>, in the order of their wire index.</summary>
public static class FleetTaskStatus
{
    public const string Paused = "paused";
    public const string Waiting = "waiting";
    public const string Pending = "pending";
    public const string Assigned = "assigned";
    public const string Accepted = "accepted";
    public const string Running = "running";
    public const string Failed = "failed";
    public const string Succeeded = "succeeded";

    /// <summary>Parked until somebody runs it by hand.</summary>
    public const string Debug = "debug";

    /// <summary>Position = index in the compact status call.</summary>
    public static IReadOnlyList<string> All { get; } = [Paused, Waiting, Pending, Assigned, Accepted, Running, Failed, Succeeded, Debug];
}

/// <summary>Values of <see cref="ExecutionV1.Status"/>.</summary>
public static class ExecutionStatus
{
    public const string Pending = "pending";
    public const string Accepted = "accepted";
    public const string Running = "running";
    public const string Refused = "refused";
    public const string Failed = "failed";
    public const string Succeeded = "succeeded";

    public static IReadOnlyList<string> All { get; } = [Pending, Accepted, Running, Refused, Failed, Succeeded];
}

/// <summary>Values of <see cref="WorkerV1.Status"/>.</summary>
public static class FleetWorkerStatus
{
    public const string Paused = "paused";
    public const string Running = "running";
    public const string Offline = "offline";
    public const string Failed = "failed";
    public const string Evicted = "evicted";

    public static IReadOnlyList<string> All { get; } = [Paused, Running, Offline, Failed, Evicted];
}

/// <summary>Values of <see cref="JobV1.Status"/>.</summary>
public static class JobStatus
{
    public const string Pending = "pending";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";

    public static IReadOnlyList<string> All { get; } = [Pending, Running, Succeeded, Failed];
}

/// <summary>Values of <see cref="JobV1.Action"/>.</summary>
public static class JobAction
{
    /// <summary>The workers are not known to the provider yet.</summary>
    public const string Create = "worker_create";

    /// <summary>Their rows exist; they are on their way.</summary>
    public const string Deploy = "worker_deploy";
    public const string Destroy = "worker_destroy";
}

/// <summary>Values of <see cref="AttemptV1.Cause"/>: why an attempt ended, where the return code does not say it.</summary>
public static class ExecutionCause
{
    public const string WorkerLost = "worker-lost";
    public const string WorkerDeleted = "worker-deleted";
    public const string WorkerEvicted = "worker-evicted";
    public const string Vanished = "vanished";
    public const string Killed = "killed";
    public const string DownloadTimeout = "download-timeout";
    public const string RunTimeout = "run-timeout";
    public const string StagingFailed = "staging-failed";
    public const string UploadFailed = "upload-failed";
    public const string CacheHit = "cache-hit";
    public const string TaskChanged = "task-changed";
}

/// <summary>Return codes that stand for something that is no process.</summary>
public static class FleetReturnCode
{
    public const int UploadFailed = -1000;
    public const int StagingFailed = -1001;
}

/// <summary>Numbers of signals: those of Linux on every platform, and a few for the worker itself.</summary>
public static class FleetSignal
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Quit = 3;
    public const int Pause = 20;
    public const int Resume = 18;

    /// <summary>Worker: remove unused working folders.</summary>
    public const int Clean = -1;

    /// <summary>Worker: wait for uploads, then start anew.</summary>
    public const int Restart = -2;

    /// <summary>Worker: drop the index of shared resources.</summary>
    public const int Forget = -3;

    public static IReadOnlyList<int> ForExecutions { get; } = [Kill, Terminate, Quit, Pause, Resume];

    public static IReadOnlyList<int> ForWorkers { get; } = [Clean, Restart, Forget];
}
