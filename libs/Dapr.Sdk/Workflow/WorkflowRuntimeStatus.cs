namespace Dapr.Workflow;

/// <summary>Where an instance is in its life.</summary>
public enum WorkflowRuntimeStatus
{
    Unknown = -1,
    Running,
    Completed,
    ContinuedAsNew,
    Failed,
    Canceled,
    Terminated,
    Pending,
    Suspended,

    /// <summary>Cannot go on: the code lacks a patch or version, or the history is too large.</summary>
    Stalled,
}
