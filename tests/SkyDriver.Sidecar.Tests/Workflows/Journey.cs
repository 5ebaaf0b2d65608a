using System.Globalization;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>
/// A workflow with something of everything: two activities in a row, a timer, an event from outside, a child that calls
/// an activity too. Its result tells whether each of them counted, and how often.
/// </summary>
internal static class Journey
{
    public const string Event = "go";

    /// <summary>What an instance gives, whatever went wrong on the way.</summary>
    public static string Result(string id, string payload) => $"second(first({id}))+timer+{payload}+kid(child)";

    public static IEnumerable<WorkflowAction> Run(History history) => history.Request.InstanceId.EndsWith("-kid", StringComparison.Ordinal) ? Child(history) : Parent(history);

    public static string Work(ActivityRequest activity) => $"{activity.Name}({activity.Input})";

    /// <summary>Each answer of the history counts once: nothing was done twice as far as the workflow could see.</summary>
    public static void AssertCountedOnce(IReadOnlyList<HistoryEvent> history)
    {
        int[] answered = [.. history.Select(e => e.TaskCompleted?.TaskScheduledId ?? e.TimerFired?.TimerId ?? e.ChildWorkflowInstanceCompleted?.TaskScheduledId ?? -1).Where(id => id >= 0)];
        Assert.Equal(answered.Distinct().Order(), answered.Order());
        int[] asked = [.. history.Where(e => e.TaskScheduled is not null || e.TimerCreated is not null || e.ChildWorkflowInstanceCreated is not null).Select(e => e.EventId)];
        Assert.Equal(asked.Distinct(), asked);
        Assert.Equal(asked.Order(), answered.Order());
        Assert.Single(history, e => e.ExecutionCompleted is not null);
    }

    private static IEnumerable<WorkflowAction> Parent(History history)
    {
        string id = history.Request.InstanceId;
        if (Result(history, 0) is not { } first) return Ask(history, History.Call(0, "first", id));
        if (Result(history, 1) is not { } second) return Ask(history, History.Call(1, "second", first));
        if (!history.HasFired(2)) return Ask(history, History.Timer(2, history.Now.AddMilliseconds(20)));
        if (history.Raised.FirstOrDefault() is not { } raised) return [];
        var kid = history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted?.TaskScheduledId == 3)?.ChildWorkflowInstanceCompleted;
        return kid is null
            ? Ask(history, History.Child(3, id + "-kid", "child", "child"))
            : [History.End(4, string.Create(CultureInfo.InvariantCulture, $"{second}+timer+{raised.Input}+{kid.Result}"))];
    }

    private static IEnumerable<WorkflowAction> Child(History history) =>
        Result(history, 0) is { } done ? [History.End(1, done)] : Ask(history, History.Call(0, "kid", history.Input));

    private static IEnumerable<WorkflowAction> Ask(History history, WorkflowAction action) => history.HasAsked(action.Id) ? [] : [action];

    private static string? Result(History history, int task) => history.Events.FirstOrDefault(e => e.TaskCompleted?.TaskScheduledId == task)?.TaskCompleted.Result;
}
