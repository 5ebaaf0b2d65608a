using System.Net;
using System.Net.Http.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Workflows;

/// <summary>The life cycles of scans, for the services that do not run them.</summary>
/// <remarks>
/// A Dapr workflow belongs to the app id that runs it: a workflow client of another app would start, or raise an event
/// in, an instance of its own app, which nobody executes. So the others ask the orchestrator, by service invocation.
/// </remarks>
/// <param name="orchestrator">Invokes <see cref="AppIds.Orchestrator"/>.</param>
public sealed class LifecycleClient(HttpClient orchestrator)
{
    /// <summary>Starts the life cycle of a scan; one that exists already is left as it is.</summary>
    /// <exception cref="HttpRequestException">The orchestrator did not take it.</exception>
    public async Task StartAsync(ScanLifecycleInputV1 input, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage answer = await orchestrator.PostAsJsonAsync($"/lifecycles/{input.ScanId}", input, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Raises an event; one that is over takes no notice.</summary>
    /// <param name="eventName">One of <see cref="WorkflowEvents"/>.</param>
    /// <returns>False when the scan has no life cycle.</returns>
    /// <exception cref="HttpRequestException">The orchestrator did not take it.</exception>
    public async Task<bool> RaiseAsync<T>(string scanId, string eventName, T payload, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage answer = await orchestrator.PostAsJsonAsync($"/lifecycles/{scanId}/events/{eventName}", payload, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound) return false;
        answer.EnsureSuccessStatusCode();
        return true;
    }
}
