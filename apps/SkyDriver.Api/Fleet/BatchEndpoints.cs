using System.Text.Json.Nodes;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/batch</c></summary>
internal sealed class BatchEndpoints(FleetLocator fleet)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/batch", new("Batches that have tasks or workers.", FleetRoutes.Everybody), ListAsync);
        routes.MapFleet("PUT", "/batch/{batch}/stop", new("Pauses the workers of a batch.", Role.User) { Arguments = [FleetArguments.Signal] }, call =>
        {
            int? signal = call.SignalOf(FleetSignal.Kill, FleetSignal.Terminate, FleetSignal.Quit, FleetSignal.Pause);
            return ActAsync(call, batch => batch.Stop(new(signal)));
        });
        routes.MapFleet("PUT", "/batch/{batch}/go", new("Lets the workers of a batch go on.", Role.User) { Arguments = [FleetArguments.Signal] }, call =>
        {
            int? signal = call.SignalOf(FleetSignal.Resume);
            return ActAsync(call, batch => batch.Go(new(signal)));
        });
        routes.MapFleet("PUT", "/batch/{batch}/pause", new("Pauses the workers of a batch, and its running and staged tasks.", Role.User), call => ActAsync(call, batch => batch.PauseAll()));
        routes.MapFleet("PUT", "/batch/{batch}/resume", new("The way back from pause.", Role.User), call => ActAsync(call, batch => batch.ResumeAll()));
        routes.MapFleet("DELETE", "/batch/{batch}", new("Removes tasks, executions and recruiters of a batch; live work is killed, workers stay.", Role.User), call => ActAsync(call, batch => batch.Clean()));
        routes.MapFleet("GET", "/batch/{batch}/stats", new("How long the executions of a batch took: hours by status, seconds by phase.", FleetRoutes.Everybody), call => ActAsync(call, batch => batch.GetStats()));
    }

    private async Task<IResult> ListAsync(Call call)
    {
        call.ThrowIfFaulty();
        return Answers.Of((await fleet.Fleet.ListBatches()).Select(Flat));
    }

    /// <summary>Older clients look for the counts beside the name.</summary>
    private static JsonObject Flat(BatchV1 batch)
    {
        JsonObject line = new() { ["batch"] = batch.Batch };
        foreach (string status in FleetTaskStatus.All) line[status] = batch.Tasks.GetValueOrDefault(status);
        line["workers"] = new JsonArray([.. batch.Workers.Select(name => (JsonNode)name)]);
        line["external_pending"] = batch.ExternalPending;
        return line;
    }

    private async Task<IResult> ActAsync<T>(Call call, Func<IBatchActor, Task<FleetAnswer<T>>> act)
    {
        string batch = call.PathBatch();
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await act(fleet.Batch(batch)));
    }
}
