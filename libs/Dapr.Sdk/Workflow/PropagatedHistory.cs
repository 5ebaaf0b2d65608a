using System.Diagnostics.CodeAnalysis;

namespace Dapr.Workflow;

/// <summary>What earlier workflows of a chain did, eldest first. Names and app ids compare in any letter case.</summary>
public sealed class PropagatedHistory(IReadOnlyList<PropagatedHistoryEvent> events)
{
    public IReadOnlyList<PropagatedHistoryEvent> Events { get; } = events ?? throw new ArgumentNullException(nameof(events));

    /// <summary>The apps in the chain, each once, in order of appearance.</summary>
    public IReadOnlyList<string> GetAppIds() => [.. Events.Select(e => e.AppId).Distinct(StringComparer.OrdinalIgnoreCase)];

    public IReadOnlyList<PropagatedHistoryEvent> GetEventsByWorkflowName(string name) =>
        ByName.All(Events, e => e.Name, name);

    public bool TryGetLastWorkflowEventByName(string name, [NotNullWhen(true)] out PropagatedHistoryEvent? result) =>
        ByName.TryLast(Events, e => e.Name, name, out result);

    public IReadOnlyList<PropagatedHistoryEvent> GetByAppId(string appId) => ByName.All(Events, e => e.AppId, appId);

    /// <summary>Instance ids compare letter by letter.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> GetByInstanceId(string instanceId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        return [.. Events.Where(e => e.InstanceId == instanceId)];
    }
}

/// <summary>What one workflow of the chain did.</summary>
public sealed class PropagatedHistoryEvent(
    string instanceId,
    string appId,
    string name,
    IReadOnlyList<PropagatedHistoryActivityResult> activities,
    IReadOnlyList<PropagatedHistoryWorkflowResult> childWorkflows)
{
    public string InstanceId { get; } = instanceId ?? throw new ArgumentNullException(nameof(instanceId));

    public string AppId { get; } = appId ?? throw new ArgumentNullException(nameof(appId));

    /// <summary>Name of the workflow.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>Activities in the order they were called.</summary>
    public IReadOnlyList<PropagatedHistoryActivityResult> Activities { get; } = activities ?? throw new ArgumentNullException(nameof(activities));

    /// <summary>Child workflows in the order they were called.</summary>
    public IReadOnlyList<PropagatedHistoryWorkflowResult> Workflows { get; } =
        childWorkflows ?? throw new ArgumentNullException(nameof(childWorkflows));

    public IReadOnlyList<PropagatedHistoryActivityResult> GetActivitiesByName(string name) => ByName.All(Activities, a => a.Name, name);

    public bool TryGetLastActivityByName(string name, [NotNullWhen(true)] out PropagatedHistoryActivityResult? result) =>
        ByName.TryLast(Activities, a => a.Name, name, out result);

    public IReadOnlyList<PropagatedHistoryWorkflowResult> GetWorkflowsByName(string name) => ByName.All(Workflows, w => w.Name, name);

    public bool TryGetLastWorkflowByName(string name, [NotNullWhen(true)] out PropagatedHistoryWorkflowResult? result) =>
        ByName.TryLast(Workflows, w => w.Name, name, out result);
}

/// <summary>How far a step had come when the history was handed on.</summary>
public enum PropagatedHistoryStatus
{
    Pending = 0,
    Completed = 1,
    Failed = 2,
}

/// <summary>An activity of an earlier workflow; input and output are JSON.</summary>
public sealed record PropagatedHistoryActivityResult(
    string Name, PropagatedHistoryStatus Status, string? Input, string? Output, WorkflowTaskFailureDetails? FailureDetails);

/// <summary>A child workflow of an earlier workflow; the output is JSON.</summary>
public sealed record PropagatedHistoryWorkflowResult(
    string Name, PropagatedHistoryStatus Status, string? Output, WorkflowTaskFailureDetails? FailureDetails);

/// <summary>Search by name in any letter case.</summary>
internal static class ByName
{
    public static IReadOnlyList<T> All<T>(IReadOnlyList<T> items, Func<T, string> nameOf, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return [.. items.Where(i => string.Equals(nameOf(i), name, StringComparison.OrdinalIgnoreCase))];
    }

    public static bool TryLast<T>(IReadOnlyList<T> items, Func<T, string> nameOf, string name, [NotNullWhen(true)] out T? result)
        where T : class
    {
        result = All(items, nameOf, name).LastOrDefault();
        return result is not null;
    }
}
