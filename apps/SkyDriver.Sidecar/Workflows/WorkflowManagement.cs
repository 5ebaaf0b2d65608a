using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>What the HTTP and the gRPC management API have in common: names, texts, refusals.</summary>
internal static partial class WorkflowManagement
{
    /// <summary>A request to start; checks the id as daprd does.</summary>
    /// <exception cref="DaprFault">An id that is too long or has other characters than letters, digits, '-' and '_'.</exception>
    public static CreateInstanceRequest StartRequest(string name, string? instanceId, string? input, string? startTime)
    {
        string id = string.IsNullOrEmpty(instanceId) ? Guid.NewGuid().ToString("N") : instanceId;
        if (id.Length > 64) throw Refuse("ERR_INSTANCE_ID_TOO_LONG", $"workflow instance id '{id}' has more than 64 characters");
        if (!InstanceId().IsMatch(id)) throw Refuse("ERR_INSTANCE_ID_INVALID", $"workflow instance id '{id}' may contain letters, digits, '-' and '_' only");
        var request = new CreateInstanceRequest { InstanceId = id, Name = name, Input = input };
        if (string.IsNullOrEmpty(startTime)) return request;
        if (!DateTimeOffset.TryParse(startTime, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var start))
        {
            throw Refuse("ERR_START_TIME_INVALID", $"dapr.workflow.start_time '{startTime}' is no RFC 3339 time");
        }

        request.ScheduledStartTimestamp = Timestamp.FromDateTimeOffset(start);
        return request;
    }

    /// <summary>Runs a management step; what goes wrong in the engine becomes the error of that step.</summary>
    public static async Task<T> AsAsync<T>(string errorCode, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (RpcException e) when (e is not DaprFault)
        {
            throw new DaprFault(errorCode, StatusCodes.Status500InternalServerError, e.StatusCode, e.Status.Detail);
        }
    }

    public static DaprFault NotFound(string instanceId) =>
        new("ERR_INSTANCE_ID_NOT_FOUND", StatusCodes.Status404NotFound, StatusCode.NotFound, $"unable to find workflow with the provided instance ID: {instanceId}");

    /// <summary>The status as the management APIs spell it: RUNNING, CONTINUED_AS_NEW and so on.</summary>
    public static string StatusText(WorkflowStatus status) => status switch
    {
        WorkflowStatus.ContinuedAsNew => "CONTINUED_AS_NEW",
        _ => status.ToString().ToUpperInvariant(),
    };

    /// <summary>Payloads and failure as the property bag of the management APIs.</summary>
    public static Dictionary<string, string> Properties(WorkflowState state)
    {
        Dictionary<string, string> properties = [];
        Add("dapr.workflow.input", state.Input);
        Add("dapr.workflow.output", state.Output);
        Add("dapr.workflow.custom_status", state.CustomStatus);
        Add("dapr.workflow.failure.error_type", state.FailureDetails?.ErrorType);
        Add("dapr.workflow.failure.error_message", state.FailureDetails?.ErrorMessage);
        Add("dapr.workflow.failure.stack_trace", state.FailureDetails?.StackTrace);
        return properties;

        void Add(string name, string? value)
        {
            if (value is not null) properties[name] = value;
        }
    }

    private static DaprFault Refuse(string code, string message) => new(code, StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, message);

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex InstanceId();
}
