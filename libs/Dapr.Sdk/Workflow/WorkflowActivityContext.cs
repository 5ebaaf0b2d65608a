using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>The call an activity serves.</summary>
public abstract class WorkflowActivityContext
{
    public abstract TaskIdentifier Identifier { get; }

    /// <summary>The same when one call is delivered twice; another one for each attempt of a retry policy.</summary>
    public abstract string TaskExecutionKey { get; }

    /// <summary>The workflow that called.</summary>
    public abstract string InstanceId { get; }
}
