using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Orchestrator;

/// <summary>The output bindings that start workers: one contract, chosen by the component of the launcher's name.</summary>
public sealed class WorkerLaunchers(DaprClient dapr)
{
    public Task<WorkersDeployedV1> DeployAsync(string launcher, DeployWorkersV1 request) =>
        InvokeAsync<DeployWorkersV1, WorkersDeployedV1>(launcher, WorkerOperations.Deploy, request);

    /// <param name="scanId">Null: of all scans and batches.</param>
    /// <param name="place">Null: at all places of the launcher.</param>
    public Task<WorkerListV1> ListAsync(string launcher, string? scanId, string? place = null) =>
        InvokeAsync<ListWorkersV1, WorkerListV1>(launcher, WorkerOperations.List, new(scanId, place));

    public Task<WorkersRemovedV1> RemoveAsync(string launcher, IReadOnlyList<string> ids) =>
        InvokeAsync<RemoveWorkersV1, WorkersRemovedV1>(launcher, WorkerOperations.Remove, new(null, ids));

    public Task<WorkerLogsV1> LogsAsync(string launcher, WorkerLogsRequestV1 request) =>
        InvokeAsync<WorkerLogsRequestV1, WorkerLogsV1>(launcher, WorkerOperations.Logs, request);

    private async Task<TAnswer> InvokeAsync<TRequest, TAnswer>(string launcher, string operation, TRequest request) =>
        await LauncherCalls.CountAsync(launcher, operation, () => dapr.InvokeBindingAsync<TRequest, TAnswer>(Components.Workers(launcher), operation, request))
            ?? throw new InvalidOperationException($"The binding '{Components.Workers(launcher)}' answered '{operation}' with nothing; see the launcher's log.");
}
