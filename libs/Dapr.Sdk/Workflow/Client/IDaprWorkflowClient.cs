using Dapr.Common;
using Dapr.Workflow.Client;

namespace Dapr.Workflow;

/// <summary>Starts, watches and steers workflow instances.</summary>
public interface IDaprWorkflowClient : IDaprClient, IAsyncDisposable
{
    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null);

    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime);

    Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default);

    Task<WorkflowState> GetWorkflowStateAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    Task<WorkflowState> WaitForWorkflowStartAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default);

    Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default);

    Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default);

    Task<IReadOnlyList<WorkflowHistoryEvent>> GetInstanceHistoryAsync(string instanceId, CancellationToken cancellation = default);

    Task<string> RerunWorkflowFromEventAsync(
        string sourceInstanceId, uint eventId, RerunWorkflowFromEventOptions? options = null, CancellationToken cancellation = default);
}
