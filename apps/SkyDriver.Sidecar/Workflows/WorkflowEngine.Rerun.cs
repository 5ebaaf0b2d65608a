using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>A new instance out of the history of an old one.</summary>
internal sealed partial class WorkflowEngine
{
    /// <summary>Runs a workflow that is over once more, from one of its events on, as a new instance. Returns the new id.</summary>
    /// <exception cref="RpcException">NOT_FOUND, INVALID_ARGUMENT (not over, or a request that does not fit), ALREADY_EXISTS (the new id).</exception>
    public async Task<string> RerunAsync(RerunWorkflowFromEventRequest request, CancellationToken ct = default)
    {
        string newId = request.HasNewInstanceID && request.NewInstanceID.Length > 0 ? request.NewInstanceID : NewExecutionId();
        RefuseIfNoKey(newId);
        var (head, history) = await ReadForRerunAsync(request, newId, ct);
        using var lease = await _table.EnterAsync(newId, ct);
        if (await LoadAsync(lease) is not null) throw Fault(StatusCode.AlreadyExists, $"A workflow with the id '{newId}' exists; give another newInstanceID.");
        await _storage.CreateAsync(newId, head, history);
        await LoadAsync(lease);
        lease.SignalChange();
        return newId;
    }

    private async Task<(InstanceHead Head, IReadOnlyList<HistoryEvent> History)> ReadForRerunAsync(RerunWorkflowFromEventRequest request, string newId, CancellationToken ct)
    {
        using var lease = await _table.EnterAsync(request.SourceInstanceID, ct);
        var source = await LoadAsync(lease) ?? throw Unknown(request.SourceInstanceID);
        if (!source.State.IsOver) throw Fault(StatusCode.InvalidArgument, $"The workflow '{request.SourceInstanceID}' is not in a terminal state; terminate it or wait for its end.");
        return RerunLogic.Build(source.State, request, newId, NewExecutionId(), Now);
    }
}
