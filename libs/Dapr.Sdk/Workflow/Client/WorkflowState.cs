using Dapr.Workflow.Worker;
using Wire = SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow;

/// <summary>What is known of an instance. Check <see cref="Exists"/> first.</summary>
public class WorkflowState
{
    private readonly Wire.WorkflowState? _state;

    internal WorkflowState(Wire.GetInstanceResponse response) => _state = response.Exists ? response.WorkflowState : null;

    public bool Exists => _state is not null;

    /// <summary>True while the instance executes; a pending or suspended one does not.</summary>
    public bool IsWorkflowRunning => RuntimeStatus == WorkflowRuntimeStatus.Running;

    /// <summary>True when the instance has ended, well or not.</summary>
    public bool IsWorkflowCompleted =>
        RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated;

    public string WorkflowName => _state?.Name ?? "";

    public DateTimeOffset CreatedAt => _state?.CreatedTimestamp?.ToDateTimeOffset() ?? default;

    public DateTimeOffset LastUpdatedAt => _state?.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default;

    public WorkflowRuntimeStatus RuntimeStatus =>
        _state is null || !Enum.IsDefined((WorkflowRuntimeStatus)_state.Status) ? WorkflowRuntimeStatus.Unknown : (WorkflowRuntimeStatus)_state.Status;

    public WorkflowTaskFailureDetails? FailureDetails => _state?.FailureDetails is { } details ? Failures.FromWire(details) : null;

    public T? ReadInputAs<T>() => WorkflowJson.Read<T?>(_state?.Input);

    public T? ReadOutputAs<T>() => WorkflowJson.Read<T?>(_state?.Output);

    public T? ReadCustomStatusAs<T>() => WorkflowJson.Read<T?>(_state?.CustomStatus);
}
