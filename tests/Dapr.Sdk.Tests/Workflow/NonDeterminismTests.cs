using Dapr.Workflow;
using SkyDriver.Grpc.Protos.TaskHub;
using static Dapr.Sdk.Tests.Workflow.HandEngine;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>Code that no longer fits its history is found out, and fails instead of hanging.</summary>
public sealed class NonDeterminismTests
{
    [Fact]
    public void NonDeterminism_OtherActivity_FailsNamingBoth()
    {
        var engine = For<object, int>(async (context, _) => await context.CallActivityAsync<int>("A"));
        engine.Begin();
        engine.Replace<object, int>(async (context, _) => await context.CallActivityAsync<int>("B"));
        AssertNonDeterministic("Step 0 of the history is activity 'A', but the code now asks for activity 'B'", engine.Turn(Done(0, 1)));
    }

    [Fact]
    public void NonDeterminism_OtherKind_Fails()
    {
        var engine = For<object, int>(async (context, _) => await context.CallActivityAsync<int>("A"));
        engine.Begin();
        engine.Replace<object, int>(async (context, _) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(1));
            return 0;
        });
        AssertNonDeterministic("but the code now asks for a timer", engine.Turn(Done(0, 1)));
    }

    [Fact]
    public void NonDeterminism_StepNotReached_Fails()
    {
        var engine = For<object, int>(async (context, _) => await context.CallActivityAsync<int>("A"));
        engine.Begin();
        engine.Replace<object, int>(async (context, _) => await context.WaitForExternalEventAsync<int>("x"));
        AssertNonDeterministic("the code did not get there", engine.Turn(Done(0, 1)));
    }

    [Fact]
    public void NonDeterminism_AwaitOfSomethingElse_FailsInsteadOfHanging()
    {
        var engine = For<object, int>(async (_, _) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(10));
            return 0;
        });
        AssertNonDeterministic("not of its context", engine.Begin());
    }

    [Fact]
    public async Task Context_UsedAfterItsTurn_Refuses()
    {
        WorkflowContext? kept = null;
        var engine = For<object, int>(async (context, _) =>
        {
            kept = context;
            return await context.CallActivityAsync<int>("A");
        });
        engine.Begin();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await kept!.CallActivityAsync<int>("B"));
    }

    private static void AssertNonDeterministic(string text, WorkflowResponse response)
    {
        var action = Assert.Single(response.Actions).CompleteWorkflow;
        Assert.Equal(WorkflowStatus.Failed, action.WorkflowStatus);
        Assert.True(action.FailureDetails.IsNonRetriable);
        Assert.Contains(text, action.FailureDetails.ErrorMessage);
    }
}
