using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Attempts that a newer one displaced: written once, outside of the batch's memory.</summary>
public sealed class ExecutionRecords(StateStore store)
{
    public Task SaveAsync(ExecutionV1 execution) => store.SaveAsync(StateKeys.FleetExecution(execution.ExecutionId), execution);

    public Task<ExecutionV1?> GetAsync(long id) => store.GetAsync<ExecutionV1>(StateKeys.FleetExecution(id));

    public Task DeleteAsync(long id) => store.DeleteAsync(StateKeys.FleetExecution(id));
}
