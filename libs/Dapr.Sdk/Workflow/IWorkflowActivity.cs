namespace Dapr.Workflow.Abstractions;

/// <summary>What the runtime sees of an activity; derive from <see cref="WorkflowActivity{TInput,TOutput}"/> instead.</summary>
public interface IWorkflowActivity
{
    Type InputType { get; }

    Type OutputType { get; }

    Task<object?> RunAsync(WorkflowActivityContext context, object? input);
}
