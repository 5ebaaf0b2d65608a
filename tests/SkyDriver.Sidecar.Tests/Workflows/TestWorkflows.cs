using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>Workflows that answer from their history alone.</summary>
internal static class TestWorkflows
{
    public const string ChainResult = "step4(step3(step2(step1(step0(seed)))))";

    public static IEnumerable<WorkflowAction> FanOut(History history) =>
        history.Results.Count() == 5 ? [History.End(5, string.Concat(history.Results))]
        : history.HasAsked(0) ? []
        : Enumerable.Range(0, 5).Select(i => History.Call(i, "act"));

    public static InMemoryStateStore NewStore() => new(TimeProvider.System);

    public static IEnumerable<WorkflowAction> WaitOneHour(History history) =>
        history.HasFired(0) ? [History.End(1, "fired")]
        : history.HasAsked(0) ? []
        : [History.Timer(0, history.Now.AddHours(1))];

    public static IEnumerable<WorkflowAction> AwaitThree(History history) =>
        history.Raised.Count() < 3 ? [] : [History.End(0, string.Concat(history.Raised.Select(e => e.Input)))];

    public static IEnumerable<WorkflowAction> CountDown(History history)
    {
        int left = int.Parse(history.Input, System.Globalization.CultureInfo.InvariantCulture);
        if (!history.Raised.Any()) return [];
        if (left == 0) return [History.End(0, $"0{string.Concat(history.Raised.Select(e => e.Input))}")];
        var action = History.End(0, $"{left - 1}", WorkflowStatus.ContinuedAsNew);
        action.CompleteWorkflow.CarryoverEvents.AddRange(history.Events.Where(e => e.EventRaised is not null));
        return [action];
    }

    public static IEnumerable<WorkflowAction> Family(History history)
    {
        switch (history.Request.InstanceId)
        {
            case "busy": return [];
            case "one-good": return [History.End(0, "hi")];
            case "one-bad": return [History.End(0, null, WorkflowStatus.Failed)];
        }

        if (!history.HasAsked(0)) return [History.Child(0, "one-good", "child"), History.Child(1, "one-bad", "child")];
        var good = history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted is not null)?.ChildWorkflowInstanceCompleted;
        var bad = history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceFailed is not null)?.ChildWorkflowInstanceFailed;
        return good is { TaskScheduledId: 0 } && bad is { TaskScheduledId: 1 } ? [History.End(2, "child says " + good.Result)] : [];
    }
}
