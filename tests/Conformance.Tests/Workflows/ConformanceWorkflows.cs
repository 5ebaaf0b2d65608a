using Dapr.Workflow;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The workflows and activities of the conformance app.</summary>
internal static class ConformanceWorkflows
{
    public static void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<int, int>("double", (_, n) => Task.FromResult(2 * n));
        options.RegisterWorkflow<int, int>("doubles", (context, n) => context.CallActivityAsync<int>("double", n));
    }
}
