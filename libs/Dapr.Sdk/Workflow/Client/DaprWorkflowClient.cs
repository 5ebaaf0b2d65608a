using Dapr.Workflow.Client;
using Dapr.Workflow.Worker;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow;

/// <summary>Starts, watches and steers workflow instances. Faults of the sidecar throw <see cref="RpcException"/>.</summary>
public sealed class DaprWorkflowClient : IDaprWorkflowClient
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // A wait is cut into pieces, so that a connection that died silently does not hold it forever.
    private static readonly TimeSpan WaitPiece = TimeSpan.FromMinutes(1);

    private readonly TaskHubClient _hub;
    private readonly TimeProvider _clock;

    internal DaprWorkflowClient(TaskHubClient hub, TimeProvider clock) => (_hub, _clock) = (hub, clock);

    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, (DateTimeOffset?)null);

    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, startTime is { } time ? new DateTimeOffset(time) : (DateTimeOffset?)null);

    /// <summary>Returns when the instance is stored, with its id.</summary>
    /// <exception cref="RpcException">ALREADY_EXISTS: an instance of this id is active.</exception>
    public async Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new CreateInstanceRequest
        {
            InstanceId = string.IsNullOrEmpty(instanceId) ? Guid.NewGuid().ToString("N") : instanceId,
            Name = name,
            Input = WorkflowJson.Write(input),
            ScheduledStartTimestamp = startTime is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            ParentTraceContext = WorkflowTraces.Current(),
        };
        return (await _hub.StartAsync(request, cancellation)).InstanceId;
    }

    /// <summary>Never null; an unknown instance has <see cref="WorkflowState.Exists"/> false.</summary>
    public async Task<WorkflowState> GetWorkflowStateAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        return new WorkflowState(await _hub.GetAsync(request, cancellation));
    }

    public Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync("WaitForInstanceStart", instanceId, getInputsAndOutputs, cancellation);

    public Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync("WaitForInstanceCompletion", instanceId, getInputsAndOutputs, cancellation);

    public Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var request = new RaiseEventRequest { InstanceId = instanceId, Name = eventName, Input = WorkflowJson.Write(eventPayload) };
        return _hub.RaiseEventAsync(request, cancellation);
    }

    /// <summary>Ends an instance and its children; activities that run already are not stopped.</summary>
    public Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new TerminateRequest { InstanceId = instanceId, Output = WorkflowJson.Write(output), Recursive = true };
        return _hub.TerminateAsync(request, cancellation);
    }

    public Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return _hub.SuspendAsync(new SuspendRequest { InstanceId = instanceId, Reason = reason }, cancellation);
    }

    public Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return _hub.ResumeAsync(new ResumeRequest { InstanceId = instanceId, Reason = reason }, cancellation);
    }

    /// <summary>Deletes an ended instance and its children; false when there was nothing to delete.</summary>
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        try
        {
            var request = new PurgeInstancesRequest { InstanceId = instanceId, Recursive = true };
            return (await _hub.PurgeAsync(request, cancellation)).DeletedInstanceCount > 0;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    public async Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default)
    {
        var request = new ListInstanceIDsRequest();
        if (continuationToken is not null) request.ContinuationToken = continuationToken;
        if (pageSize is { } size) request.PageSize = checked((uint)size);
        var page = await _hub.ListAsync(request, cancellation);
        return new WorkflowInstancePage([.. page.InstanceIds], page.ContinuationToken is { Length: > 0 } next ? next : null);
    }

    public async Task<IReadOnlyList<WorkflowHistoryEvent>> GetInstanceHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var history = await _hub.HistoryAsync(instanceId, cancellation);
        return [.. history.Events.Select(e => new WorkflowHistoryEvent(e.EventId, Kind(e.EventTypeCase), e.Timestamp?.ToDateTime() ?? default))];
    }

    /// <summary>Starts a copy of an ended instance that runs again from one of its events; returns the copy's id.</summary>
    /// <param name="eventId">Id of the event that scheduled an activity, a timer or a child, as the history has it.</param>
    /// <exception cref="ArgumentException">An input is given without <see cref="RerunWorkflowFromEventOptions.OverwriteInput"/>.</exception>
    /// <exception cref="RpcException">NOT_FOUND: no such instance or event. ALREADY_EXISTS: the new id is taken.</exception>
    public async Task<string> RerunWorkflowFromEventAsync(
        string sourceInstanceId, uint eventId, RerunWorkflowFromEventOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceInstanceId);
        if (options is { Input: not null, OverwriteInput: false })
        {
            throw new ArgumentException($"An input is given but would not be used; set {nameof(options.OverwriteInput)} too.", nameof(options));
        }

        var request = new RerunWorkflowFromEventRequest { SourceInstanceID = sourceInstanceId, EventID = eventId };
        if (options?.NewInstanceId is { } id) request.NewInstanceID = id;
        if (options is { OverwriteInput: true }) (request.OverwriteInput, request.Input) = (true, WorkflowJson.Write(options.Input));
        return (await _hub.RerunAsync(request, cancellation)).NewInstanceID;
    }

    public void Dispose() => _hub.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<WorkflowState> WaitAsync(string method, string instanceId, bool getInputsAndOutputs, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        var pause = FirstPause;
        while (true)
        {
            try
            {
                return new WorkflowState(await _hub.WaitAsync(method, request, WaitPiece, ct));
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Unavailable)
            {
                // A piece that ran its whole time is no fault; one that ended at once must not become a busy loop.
                await Task.Delay(pause, _clock, ct);
                pause = e.StatusCode == StatusCode.DeadlineExceeded ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private static WorkflowHistoryEventType Kind(HistoryEvent.EventTypeOneofCase kind) => kind switch
    {
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated or HistoryEvent.EventTypeOneofCase.DetachedWorkflowInstanceCreated =>
            WorkflowHistoryEventType.SubOrchestrationInstanceCreated,
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted => WorkflowHistoryEventType.SubOrchestrationInstanceCompleted,
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceFailed => WorkflowHistoryEventType.SubOrchestrationInstanceFailed,
        HistoryEvent.EventTypeOneofCase.WorkflowStarted => WorkflowHistoryEventType.OrchestratorStarted,
        HistoryEvent.EventTypeOneofCase.WorkflowCompleted => WorkflowHistoryEventType.OrchestratorCompleted,
        _ => System.Enum.TryParse<WorkflowHistoryEventType>(kind.ToString(), out var same) ? same : WorkflowHistoryEventType.Unknown,
    };
}
