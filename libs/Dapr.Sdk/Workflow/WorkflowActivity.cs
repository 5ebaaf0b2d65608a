using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>A step of a workflow that may do anything. It runs at least once: make its effects idempotent.</summary>
public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
{
    Type IWorkflowActivity.InputType => typeof(TInput);

    Type IWorkflowActivity.OutputType => typeof(TOutput);

    async Task<object?> IWorkflowActivity.RunAsync(WorkflowActivityContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);

    public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);
}
