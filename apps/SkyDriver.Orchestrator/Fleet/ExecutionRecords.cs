using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Attempts that a newer one displaced: written once, outside of the batch's memory.</summary>
public sealed class ExecutionRecords(DaprClient dapr, StateDocuments documents)
{
    public Task SaveAsync(ExecutionV1 execution) => StoreCalls.CountAsync(StoreCalls.Write, () => dapr.SaveStateAsync(Components.StateStore, StateKeys.FleetExecution(execution.ExecutionId), execution));

    public Task<ExecutionV1?> GetAsync(long id) => documents.GetAsync<ExecutionV1>(StateKeys.FleetExecution(id));

    public Task DeleteAsync(long id) => StoreCalls.CountAsync(StoreCalls.Delete, () => dapr.DeleteStateAsync(Components.StateStore, StateKeys.FleetExecution(id)));
}
