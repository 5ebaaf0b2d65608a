using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Workflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

public sealed class TurnLogicTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Complete_Actions_BecomeEventsAfterTheNewOnes()
    {
        var state = NewState();
        var outcome = Answer(state, History.Call(0, "a", "x"), History.Timer(1, Now.AddHours(1)), History.Child(2, "kid", "child"));
        Assert.Equal(
            [HistoryEvent.EventTypeOneofCase.WorkflowStarted, HistoryEvent.EventTypeOneofCase.ExecutionStarted, HistoryEvent.EventTypeOneofCase.TaskScheduled, HistoryEvent.EventTypeOneofCase.TimerCreated, HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated],
            outcome.Appended.Select(e => e.EventTypeCase));
        Assert.Equal([-1, -1, 0, 1, 2], outcome.Appended.Select(e => e.EventId));
        Assert.Equal(WorkflowStatus.Running, outcome.Head.Status);
        Assert.Equal(1, outcome.Taken);
    }

    [Fact]
    public void Complete_GivenState_IsNotModified()
    {
        var state = NewState();
        var head = state.Head.Clone();
        Answer(state, History.Call(0, "a"));
        Assert.Equal(head, state.Head);
        Assert.Empty(state.History);
        Assert.Single(state.Inbox);
    }

    [Fact]
    public void Complete_AbsentCustomStatus_ClearsIt()
    {
        var state = NewState();
        state.Head.CustomStatus = "old";
        Assert.Null(Answer(state).Head.CustomStatus);
    }

    [Fact]
    public void Complete_End_DropsWhatStillWaits_AndSendsTheOtherActions()
    {
        var state = NewState();
        var turn = TurnLogic.Begin(state, "t", Now);
        state.Enqueue(Raised("late"));
        var response = new WorkflowResponse { Actions = { History.Call(0, "last wish"), History.End(1, "done") } };
        var outcome = TurnLogic.Complete(state, turn, response, () => "new", Now);
        Assert.Equal(WorkflowStatus.Completed, outcome.Head.Status);
        Assert.Equal(2, outcome.Taken);
        Assert.Contains(outcome.Appended, e => e.TaskScheduled is not null);
        Assert.DoesNotContain(outcome.Appended, e => e.EventRaised is not null);
        Assert.Equal("done", outcome.Appended[^1].ExecutionCompleted.Result);
    }

    [Fact]
    public void Complete_ContinueAsNew_KeepsEventsAndParent_IgnoresOtherActionsAndOldAnswers()
    {
        var state = NewState();
        Apply(state, Answer(state, History.Timer(0, Now)));
        state.Enqueue(Raised("first"));
        var turn = TurnLogic.Begin(state, "t", Now);
        state.Enqueue(Raised("late"));
        state.Enqueue(new WaitingEvent(TurnLogic.TimerAnswer(state.OpenTimers[0], Now), null));
        var end = History.End(1, "next", WorkflowStatus.ContinuedAsNew);
        end.CompleteWorkflow.CarryoverEvents.Add(Raised("first").Event);

        var outcome = TurnLogic.Complete(state, turn, new WorkflowResponse { Actions = { History.Call(2, "ignored"), end } }, () => "new", Now);

        Assert.Empty(outcome.Appended);
        Assert.Equal(1, outcome.Head.Generation);
        Assert.Equal("new", outcome.Head.ExecutionId);
        Assert.Equal("next", outcome.NextLife![0].ExecutionStarted.Input);
        Assert.Equal("new", outcome.NextLife[0].ExecutionStarted.WorkflowInstance.ExecutionId);
        Assert.Equal(["first", "late"], outcome.NextLife.Skip(1).Select(e => e.EventRaised.Name));
    }

    [Fact]
    public void Complete_SuspendedMeanwhile_StaysSuspended()
    {
        var state = NewState();
        var turn = TurnLogic.Begin(state, "t", Now);
        state.Replace(TurnLogic.Suspend(state, suspend: true, Now)!);
        var outcome = TurnLogic.Complete(state, turn, new WorkflowResponse { Actions = { History.Call(0, "a") } }, () => "new", Now);
        Assert.Equal(WorkflowStatus.Suspended, outcome.Head.Status);
        Assert.Null(TurnLogic.Suspend(state, suspend: true, Now));
    }

    [Fact]
    public void Stall_VersionNotAvailable_KeepsTheInbox()
    {
        var state = NewState();
        var response = new WorkflowResponse { Actions = { new WorkflowAction { WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() } } };
        var outcome = TurnLogic.Stall(state, TurnLogic.StallOf(state, response)!, Now);
        Assert.Equal(WorkflowStatus.Stalled, outcome.Head.Status);
        Assert.Equal(0, outcome.Taken);
        Assert.Equal(StalledReason.VersionNotAvailable, outcome.Appended.Single().ExecutionStalled.Reason);
    }

    [Fact]
    public void Expects_SecondAnswer_IsNotExpected()
    {
        var state = NewState();
        Apply(state, Answer(state, History.Call(0, "a")));
        var answer = TurnLogic.ActivityAnswer(new ActivityResponse { Result = "r" }, "x", 0, Now);
        Assert.True(state.Expects(answer));
        state.Enqueue(new WaitingEvent(answer, null));
        Assert.False(state.Expects(answer));
        Assert.False(state.Expects(TurnLogic.ActivityAnswer(new ActivityResponse { Result = "r" }, "x", 7, Now)));
    }

    [Fact]
    public void Terminate_PendingInstance_KeepsItsInputInTheHistory()
    {
        var outcome = TurnLogic.Terminate(NewState(), "why", recursive: false, Now);
        Assert.Equal("in", outcome.Appended[0].ExecutionStarted.Input);
        Assert.Equal((WorkflowStatus.Terminated, "why"), (outcome.Head.Status, outcome.Appended[^1].ExecutionCompleted.Result));
        Assert.False(outcome.Head.Unsettled);
    }

    [Theory]
    [InlineData("Completed", true)]
    [InlineData("Failed", false)]
    [InlineData("Terminated", false)]
    public void ChildAnswer_End_TellsTheParent(string status, bool good)
    {
        var state = NewState();
        state.Head.Parent = new ParentInstanceInfo { TaskScheduledId = 4 };
        state.Head.Status = System.Enum.Parse<WorkflowStatus>(status);
        var answer = TurnLogic.ChildAnswer(state, Now);
        Assert.Equal(4, good ? answer.ChildWorkflowInstanceCompleted.TaskScheduledId : answer.ChildWorkflowInstanceFailed.TaskScheduledId);
    }

    [Fact]
    public void DueTime_BeyondAnyClock_IsTheFarthestInstant()
    {
        var timer = new HistoryEvent { TimerCreated = new TimerCreatedEvent { FireAt = new Timestamp { Seconds = long.MaxValue } } };
        Assert.Equal(9999, TurnLogic.DueTime(timer).Year);
    }

    private static InstanceState NewState()
    {
        var (head, started) = TurnLogic.Create(new CreateInstanceRequest { InstanceId = "one", Name = "w", Input = "in" }, null, 0, "exec", Now);
        var state = new InstanceState("one", head);
        state.Enqueue(new WaitingEvent(started, 0));
        return state;
    }

    private static WaitingEvent Raised(string name) =>
        new(new HistoryEvent { EventId = -1, Timestamp = TurnLogic.Stamp(Now), EventRaised = new EventRaisedEvent { Name = name } }, null);

    private static TurnOutcome Answer(InstanceState state, params WorkflowAction[] actions) =>
        TurnLogic.Complete(state, TurnLogic.Begin(state, "t", Now), new WorkflowResponse { Actions = { actions } }, () => "new", Now);

    private static void Apply(InstanceState state, TurnOutcome outcome)
    {
        state.Replace(outcome.Head);
        state.Append(outcome.Appended);
        state.Dequeue(outcome.Taken);
    }
}
