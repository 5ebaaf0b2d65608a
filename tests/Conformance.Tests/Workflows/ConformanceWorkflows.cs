using System.Collections.Concurrent;
using Dapr.Workflow;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The workflows and activities of the conformance app.</summary>
internal static class ConformanceWorkflows
{
    private static readonly ConcurrentDictionary<string, int> Tries = new(StringComparer.Ordinal);

    public static void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<int, int>("double", (_, n) => Task.FromResult(2 * n));
        options.RegisterActivity<int, int>("same", (_, n) => Task.FromResult(n));
        options.RegisterActivity<int, int>("flaky", (context, _) => Task.FromResult(
            Tries.AddOrUpdate(context.InstanceId, 1, (_, tries) => tries + 1) is var tries and >= 3 ? tries : throw new InvalidOperationException("not yet")));
        options.RegisterActivity<int, int>("broken", (_, _) => throw new InvalidOperationException("never"));
        options.RegisterWorkflow<int, int>("doubles", (context, n) => context.CallActivityAsync<int>("double", n));
        options.RegisterWorkflow<string, string>("echo", (context, _) => context.WaitForExternalEventAsync<string>("go"));
        options.RegisterWorkflow<int, int>("sum", SumAsync);
        options.RegisterWorkflow<int, int>("fan", async (context, n) => (await Task.WhenAll(Enumerable.Range(1, n).Select(i => context.CallActivityAsync<int>("same", i)))).Sum());
        options.RegisterWorkflow<int, string>("await", AwaitAsync);
        options.RegisterWorkflow<int, string>("parent", ParentAsync);
        options.RegisterWorkflow<int, int>("fails", (context, n) => context.CallActivityAsync<int>("broken", n));
        options.RegisterWorkflow<int, string>("lives", LivesAsync);
        options.RegisterWorkflow<string, string>("abroad", AbroadAsync);
    }

    private static async Task<int> SumAsync(WorkflowContext context, int n)
    {
        int sum = 0;
        for (int i = 1; i <= n; i++) sum += await context.CallActivityAsync<int>("same", i);
        return sum;
    }

    private static async Task<string> AwaitAsync(WorkflowContext context, int milliseconds)
    {
        try
        {
            return await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromMilliseconds(milliseconds));
        }
        catch (TaskCanceledException)
        {
            return "timeout";
        }
    }

    private static async Task<string> ParentAsync(WorkflowContext context, int n)
    {
        int twice = await context.CallChildWorkflowAsync<int>("doubles", n);
        var retry = new WorkflowTaskOptions(new WorkflowRetryPolicy(5, TimeSpan.FromMilliseconds(10)));
        return $"{twice} after {await context.CallActivityAsync<int>("flaky", 0, retry)} tries";
    }

    private static async Task<string> LivesAsync(WorkflowContext context, int n)
    {
        if (n == 0) return "no lives left";
        await context.CallActivityAsync<int>("same", n);
        context.ContinueAsNew(n - 1);
        return "";
    }

    private static async Task<string> AbroadAsync(WorkflowContext context, string app)
    {
        int activity = await context.CallActivityAsync<int>("double", 4, new WorkflowTaskOptions(TargetAppId: app));
        int child = await context.CallChildWorkflowAsync<int>("doubles", 5, new ChildWorkflowTaskOptions(TargetAppId: app));
        return $"{activity} and {child}";
    }
}
