using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>The workers of a scan when they were last counted. Kept under <see cref="StateKeys.Workforce"/> by whoever counts them.</summary>
/// <param name="Statuses">Job status (<c>IDLE RUNNING HELD REMOVED COMPLETED</c> …) to pilot status to count.</param>
/// <param name="NRunning">Running jobs whose pilot is well: neither <c>FatalError</c> nor <c>Done</c>.</param>
/// <param name="TopErrors">The most frequent errors and how often each came.</param>
public sealed record WorkforceV1(
    [property: JsonPropertyName("workflow_id")] string? WorkflowId,
    [property: JsonPropertyName("statuses")] IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Statuses,
    [property: JsonPropertyName("n_running")] int NRunning,
    [property: JsonPropertyName("top_errors")] IReadOnlyDictionary<string, int> TopErrors)
{
    public static WorkforceV1 None(string? workflowId) =>
        new(workflowId, new Dictionary<string, IReadOnlyDictionary<string, int>>(), 0, new Dictionary<string, int>());
}
