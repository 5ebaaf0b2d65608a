using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

/// <summary>Which workflows and activities a worker runs.</summary>
public sealed class WorkflowRuntimeOptions
{
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflow>> _workflows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflowActivity>> _activities = new(StringComparer.Ordinal);

    /// <summary>Registers a workflow class under its type name, or another one.</summary>
    public void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow =>
        _workflows[name ?? typeof(TWorkflow).Name] = provider => ActivatorUtilities.GetServiceOrCreateInstance<TWorkflow>(provider);

    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentNullException.ThrowIfNull(implementation);
        _workflows[name] = _ => new FunctionWorkflow<TInput, TOutput>(implementation);
    }

    /// <summary>Registers an activity class; an instance is made per call.</summary>
    public void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity =>
        _activities[name ?? typeof(TActivity).Name] = provider => ActivatorUtilities.GetServiceOrCreateInstance<TActivity>(provider);

    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentNullException.ThrowIfNull(implementation);
        _activities[name] = _ => new FunctionActivity<TInput, TOutput>(implementation);
    }

    /// <summary>Null when the name is not registered.</summary>
    internal IWorkflow? CreateWorkflow(string name, IServiceProvider provider) => _workflows.GetValueOrDefault(name)?.Invoke(provider);

    internal IWorkflowActivity? CreateActivity(string name, IServiceProvider provider) => _activities.GetValueOrDefault(name)?.Invoke(provider);

    private sealed class FunctionWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> run) : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => run(context, input);
    }

    private sealed class FunctionActivity<TInput, TOutput>(Func<WorkflowActivityContext, TInput, Task<TOutput>> run)
        : WorkflowActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input) => run(context, input);
    }
}
