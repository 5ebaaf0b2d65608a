using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The workflow SDK against the sidecar's engine.</summary>
public sealed class SdkWorkflowTests
{
    private static readonly CancellationToken Limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task Chain_FiveActivities_GivesTheSum()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        string id = await client.ScheduleNewWorkflowAsync("sum", input: 5);
        var end = await client.WaitForWorkflowCompletionAsync(id, cancellation: Limit);
        Assert.Equal(WorkflowRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(15, end.ReadOutputAs<int>());
        Assert.Equal(5, end.ReadInputAs<int>());
    }

    [Fact]
    public async Task FanOut_ManyActivities_AllCount()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("fan", "fan", 40);
        Assert.Equal(40 * 41 / 2, (await client.WaitForWorkflowCompletionAsync("fan", cancellation: Limit)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Event_WithTimeout_ArrivesOrTimesOut()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("await", "hears", 60_000);
        await client.RaiseEventAsync("hears", "GO", "now", Limit);
        Assert.Equal("now", (await client.WaitForWorkflowCompletionAsync("hears", cancellation: Limit)).ReadOutputAs<string>());
        await client.ScheduleNewWorkflowAsync("await", "deaf", 50);
        Assert.Equal("timeout", (await client.WaitForWorkflowCompletionAsync("deaf", cancellation: Limit)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Child_AndRetries_ComeToAGoodEnd()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("parent", "parent", 3);
        var end = await client.WaitForWorkflowCompletionAsync("parent", cancellation: Limit);
        Assert.Equal(WorkflowRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal("6 after 3 tries", end.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Failure_ActivityThrows_FailsTheWorkflow()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("fails", "fails", 0);
        var end = await client.WaitForWorkflowCompletionAsync("fails", cancellation: Limit);
        Assert.Equal(WorkflowRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.NotNull(end.FailureDetails);
    }

    [Fact]
    public async Task ContinueAsNew_ManyLives_OneId()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("lives", "lives", 20);
        Assert.Equal("no lives left", (await client.WaitForWorkflowCompletionAsync("lives", cancellation: Limit)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Management_SuspendResumeTerminatePurge_Work()
    {
        await using var dapr = await StartAsync(NewStore());
        var client = Client(dapr);
        await client.ScheduleNewWorkflowAsync("await", "one", 600_000);
        await client.WaitForWorkflowStartAsync("one", cancellation: Limit);
        await client.SuspendWorkflowAsync("one", "night", Limit);
        Assert.Equal(WorkflowRuntimeStatus.Suspended, (await client.GetWorkflowStateAsync("one", cancellation: Limit)).RuntimeStatus);
        await client.ResumeWorkflowAsync("one", "day", Limit);
        await client.TerminateWorkflowAsync("one", "enough", Limit);
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await client.WaitForWorkflowCompletionAsync("one", cancellation: Limit)).RuntimeStatus);
        Assert.True(await client.PurgeInstanceAsync("one", Limit));
        Assert.False((await client.GetWorkflowStateAsync("one", cancellation: Limit)).Exists);
    }

    [Fact]
    public async Task Restart_InTheMiddle_GoesOnWhereItWas()
    {
        var store = NewStore();
        await using (var first = await StartAsync(store))
        {
            await Client(first).ScheduleNewWorkflowAsync("await", "one", 600_000);
            await Client(first).WaitForWorkflowStartAsync("one", cancellation: Limit);
        }

        await using var second = await StartAsync(store);
        await Client(second).RaiseEventAsync("one", "go", "again", Limit);
        Assert.Equal("again", (await Client(second).WaitForWorkflowCompletionAsync("one", cancellation: Limit)).ReadOutputAs<string>());
    }

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);

    private static DaprWorkflowClient Client(EmbeddedDapr dapr) => dapr.Services.GetRequiredService<DaprWorkflowClient>();

    private static Task<EmbeddedDapr> StartAsync(IStateStore store)
    {
        int tries = 0;
        return EmbeddedDapr.StartAsync(store, services => services.AddDaprWorkflow(options =>
        {
            options.RegisterActivity<int, int>("double", (_, n) => Task.FromResult(2 * n));
            options.RegisterActivity<int, int>("same", (_, n) => Task.FromResult(n));
            options.RegisterActivity<int, int>("flaky", (_, n) => ++tries < 3 ? throw new InvalidOperationException("not yet") : Task.FromResult(tries));
            options.RegisterActivity<int, int>("broken", (_, _) => throw new InvalidOperationException("never"));
            options.RegisterWorkflow<int, int>("sum", async (context, n) =>
            {
                int sum = 0;
                for (int i = 1; i <= n; i++) sum += await context.CallActivityAsync<int>("same", i);
                return sum;
            });
            options.RegisterWorkflow<int, int>("fan", async (context, n) =>
                (await Task.WhenAll(Enumerable.Range(1, n).Select(i => context.CallActivityAsync<int>("same", i)))).Sum());
            options.RegisterWorkflow<int, string>("await", async (context, milliseconds) =>
            {
                try
                {
                    return await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromMilliseconds(milliseconds));
                }
                catch (TaskCanceledException)
                {
                    return "timeout";
                }
            });
            options.RegisterWorkflow<int, string>("parent", async (context, n) =>
            {
                int twice = await context.CallChildWorkflowAsync<int>("child", n);
                var retry = new WorkflowTaskOptions(new WorkflowRetryPolicy(5, TimeSpan.FromMilliseconds(10)));
                return $"{twice} after {await context.CallActivityAsync<int>("flaky", 0, retry)} tries";
            });
            options.RegisterWorkflow<int, int>("child", (context, n) => context.CallActivityAsync<int>("double", n));
            options.RegisterWorkflow<int, int>("fails", (context, n) => context.CallActivityAsync<int>("broken", n));
            options.RegisterWorkflow<int, string>("lives", async (context, n) =>
            {
                if (n == 0) return "no lives left";
                await context.CallActivityAsync<int>("same", n);
                context.ContinueAsNew(n - 1);
                return "";
            });
        }));
    }
}
