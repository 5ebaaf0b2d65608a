namespace Dapr.Workflow.Client;

/// <summary>Some instance ids; a null token means the list ends here.</summary>
public sealed record WorkflowInstancePage(IReadOnlyList<string> InstanceIds, string? ContinuationToken);
