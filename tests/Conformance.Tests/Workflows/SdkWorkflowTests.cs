using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The workflow SDK against the target.</summary>
public sealed class SdkWorkflowTests(DaprTarget target) : Suite(target)
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private DaprWorkflowClient Client => Target.App.Services.GetRequiredService<DaprWorkflowClient>();

    [Fact]
    public async Task Chain_FiveActivities_GivesTheSum()
    {
        var end = await RunAsync("sum", 5);
        Assert.Equal(WorkflowRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal((15, 5), (end.ReadOutputAs<int>(), end.ReadInputAs<int>()));
    }

    [Fact]
    public async Task FanOut_ManyActivities_AllCount() => Assert.Equal(40 * 41 / 2, (await RunAsync("fan", 40)).ReadOutputAs<int>());

    [Fact]
    public async Task Event_BeforeTheTimeout_Arrives()
    {
        await Client.ScheduleNewWorkflowAsync("await", Token, 60_000);
        await Client.RaiseEventAsync(Token, "GO", "now", _limit);
        Assert.Equal("now", (await Client.WaitForWorkflowCompletionAsync(Token, cancellation: _limit)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Event_ThatNeverComes_TimesOut() => Assert.Equal("timeout", (await RunAsync("await", 50)).ReadOutputAs<string>());

    [Fact]
    public async Task Child_AndRetries_ComeToAGoodEnd() => Assert.Equal("6 after 3 tries", (await RunAsync("parent", 3)).ReadOutputAs<string>());

    [Fact]
    public async Task Failure_ActivityThrows_FailsTheWorkflow()
    {
        var end = await RunAsync("fails", 0);
        Assert.Equal(WorkflowRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.NotNull(end.FailureDetails);
    }

    [Fact]
    public async Task ContinueAsNew_ManyLives_OneId() => Assert.Equal("no lives left", (await RunAsync("lives", 20)).ReadOutputAs<string>());

    [Fact]
    public async Task Management_SuspendResumeTerminatePurge_Work()
    {
        await Client.ScheduleNewWorkflowAsync("await", Token, 600_000);
        await Client.WaitForWorkflowStartAsync(Token, cancellation: _limit);
        await Client.SuspendWorkflowAsync(Token, "night", _limit);
        await HasStatusAsync(WorkflowRuntimeStatus.Suspended);
        await Client.ResumeWorkflowAsync(Token, "day", _limit);
        await HasStatusAsync(WorkflowRuntimeStatus.Running);
        await Client.TerminateWorkflowAsync(Token, "enough", _limit);
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await Client.WaitForWorkflowCompletionAsync(Token, cancellation: _limit)).RuntimeStatus);
        Assert.True(await Client.PurgeInstanceAsync(Token, _limit));
        Assert.False((await Client.GetWorkflowStateAsync(Token, cancellation: _limit)).Exists);

        Task HasStatusAsync(WorkflowRuntimeStatus status) =>
            Until.HoldsAsync(async () => (await Client.GetWorkflowStateAsync(Token, cancellation: _limit)).RuntimeStatus == status, $"the workflow is {status}");
    }

    [Fact]
    public async Task Workflow_NotRegistered_Fails()
    {
        var end = await RunAsync("nowhere", 0);
        Assert.Equal(WorkflowRuntimeStatus.Failed, end.RuntimeStatus);
    }

    private async Task<WorkflowState> RunAsync(string name, object input)
    {
        await Client.ScheduleNewWorkflowAsync(name, Token, input);
        return await Client.WaitForWorkflowCompletionAsync(Token, cancellation: _limit);
    }
}
