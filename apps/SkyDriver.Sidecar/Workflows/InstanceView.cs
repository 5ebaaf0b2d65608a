using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>What clients may see of an instance.</summary>
internal static class InstanceView
{
    /// <summary>Payloads are input, output, custom status and failure; without them only the frame is filled in.</summary>
    public static WorkflowState Describe(InstanceState state, bool withPayloads)
    {
        var head = state.Head;
        var view = new WorkflowState
        {
            InstanceId = state.InstanceId,
            Name = head.Name,
            Version = head.Version,
            Status = head.Status,
            ScheduledStartTimestamp = head.ScheduledStart,
            CreatedTimestamp = head.Created,
            LastUpdatedTimestamp = head.Updated,
            CompletedTimestamp = head.Completed,
            StartedAt = head.Started,
            ExecutionId = head.ExecutionId,
            ParentInstanceId = head.Parent?.WorkflowInstance.InstanceId,
            ParentAppId = head.Parent is { HasAppID: true } parent ? parent.AppID : null,
            FailureDetails = state.Completed?.FailureDetails,
            Tags = { head.Tags },
        };
        if (!withPayloads) return view;
        view.Input = state.Started?.Input;
        view.Output = state.Completed?.Result;
        view.CustomStatus = head.CustomStatus;
        return view;
    }
}
