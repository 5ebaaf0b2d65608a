namespace Dapr.Workflow;

/// <summary>What the runtime sees of a workflow; derive from <see cref="Workflow{TInput,TOutput}"/> instead.</summary>
public interface IWorkflow
{
    Type InputType { get; }

    Type OutputType { get; }

    Task<object?> RunAsync(WorkflowContext context, object? input);
}

/// <summary>
/// Code that survives restarts: it is run again from the top on every turn, and what happened before is answered from
/// history. So no clock, randomness, I/O or awaiting anything but the context's tasks.
/// </summary>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    Type IWorkflow.InputType => typeof(TInput);

    Type IWorkflow.OutputType => typeof(TOutput);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);

    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);
}
