namespace Dapr.Workflow.Client;

/// <summary>What differs in an instance that runs again from an event.</summary>
public sealed class RerunWorkflowFromEventOptions
{
    /// <summary>Id of the new instance; the sidecar makes one when null.</summary>
    public string? NewInstanceId { get; set; }

    /// <summary>Input of the activity or child that runs again, instead of the recorded one; needs <see cref="OverwriteInput"/>.</summary>
    public object? Input { get; set; }

    /// <summary>True to take <see cref="Input"/>, null included.</summary>
    public bool OverwriteInput { get; set; }
}
