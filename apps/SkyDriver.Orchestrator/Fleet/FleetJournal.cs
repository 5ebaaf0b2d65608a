using Dapr.Actors.Runtime;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>The durable form of the fleet's own state in its actor: a head, and chunks of workers and jobs.</summary>
internal sealed class FleetJournal(IActorStateManager state)
{
    private const string HeadKey = "head", Workers = "workers", Jobs = "jobs";

    private readonly RowStore rows = new(state);

    public async Task<FleetState> LoadAsync(string server)
    {
        StoredFleet? stored = null;
        if (await rows.ReadAsync<StoredFleetHead>(HeadKey) is { } head) stored = new(head, await rows.ReadRowsAsync<WorkerEntry>(Workers, head.WorkerChunks), await rows.ReadRowsAsync<JobRow>(Jobs, head.JobChunks));
        await rows.ForgetAsync();
        return new(server, stored);
    }

    /// <summary>In one transaction, unless thousands of workers come at once: then ids first, jobs last, so that a report that comes again finds what is missing.</summary>
    public async Task SaveAsync(FleetState fleet)
    {
        if (fleet.IsDirty)
        {
            await rows.WriteAsync(HeadKey, fleet.SaveHead());
            foreach (long chunk in fleet.WorkerChunks) await rows.WriteRowsAsync(Workers, chunk, fleet.SaveWorkers(chunk));
            foreach (long chunk in fleet.JobChunks) await rows.WriteRowsAsync(Jobs, chunk, fleet.SaveJobs(chunk));
        }

        await rows.SaveAsync();
        fleet.Saved();
    }
}
