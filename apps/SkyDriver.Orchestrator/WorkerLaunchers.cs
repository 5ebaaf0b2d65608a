using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Orchestrator;

/// <summary>The output bindings that start workers: one contract, chosen by the component of the place's name.</summary>
public sealed class WorkerLaunchers(DaprClient dapr)
{
    public Task<WorkersDeployedV1> DeployAsync(string place, DeployWorkersV1 request) =>
        InvokeAsync<DeployWorkersV1, WorkersDeployedV1>(place, WorkerOperations.Deploy, request);

    /// <param name="scanId">Null: of all scans and batches.</param>
    public Task<WorkerListV1> ListAsync(string place, string? scanId) =>
        InvokeAsync<ListWorkersV1, WorkerListV1>(place, WorkerOperations.List, new(scanId));

    public Task<WorkersRemovedV1> RemoveAsync(string place, string scanId) =>
        InvokeAsync<RemoveWorkersV1, WorkersRemovedV1>(place, WorkerOperations.Remove, new(scanId, null));

    public Task<WorkersRemovedV1> RemoveAsync(string place, IReadOnlyList<string> ids) =>
        InvokeAsync<RemoveWorkersV1, WorkersRemovedV1>(place, WorkerOperations.Remove, new(null, ids));

    public Task<WorkerLogsV1> LogsAsync(string place, WorkerLogsRequestV1 request) =>
        InvokeAsync<WorkerLogsRequestV1, WorkerLogsV1>(place, WorkerOperations.Logs, request);

    private async Task<TAnswer> InvokeAsync<TRequest, TAnswer>(string place, string operation, TRequest request) =>
        await LauncherCalls.CountAsync(place, operation, () => dapr.InvokeBindingAsync<TRequest, TAnswer>(Components.Workers(place), operation, request))
            ?? throw new InvalidOperationException($"The binding '{Components.Workers(place)}' answered '{operation}' with nothing; see the launcher's log.");
}
