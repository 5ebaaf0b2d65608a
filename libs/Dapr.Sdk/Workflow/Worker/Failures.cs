using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>Failures on the wire and as exceptions.</summary>
internal static class Failures
{
    // Causes of causes help a reader only so far, and a cyclic chain must end.
    private const int MaxDepth = 8;

    public static TaskFailureDetails ToWire(Exception e, bool nonRetriable = false) => ToWire(e, nonRetriable, MaxDepth);

    public static TaskFailureDetails Create(string type, string message, bool nonRetriable) =>
        new() { ErrorType = type, ErrorMessage = message, IsNonRetriable = nonRetriable };

    public static WorkflowTaskFailureDetails FromWire(TaskFailureDetails? details) =>
        new(details?.ErrorType ?? "", details?.ErrorMessage ?? "", details?.StackTrace) { IsNonRetriable = details?.IsNonRetriable ?? false };

    private static TaskFailureDetails ToWire(Exception e, bool nonRetriable, int depth)
    {
        var wire = Create(e.GetType().FullName ?? e.GetType().Name, e.Message, nonRetriable);
        wire.StackTrace = e.StackTrace;
        if (depth == 0) return wire;
        if (e is WorkflowTaskFailedException { FailureDetails: var cause })
        {
            wire.InnerFailure = Create(cause.ErrorType, cause.ErrorMessage, cause.IsNonRetriable);
            wire.InnerFailure.StackTrace = cause.StackTrace;
        }
        else if (e.InnerException is { } inner) wire.InnerFailure = ToWire(inner, nonRetriable: false, depth - 1);

        return wire;
    }
}

/// <summary>The code of a workflow does not do again what the history says it did.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : InvalidOperationException(message);
