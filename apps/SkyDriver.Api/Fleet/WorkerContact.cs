using System.Collections.Concurrent;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>Brings a worker's heartbeat to the batch that it serves, also when it was moved meanwhile.</summary>
internal sealed class WorkerContact(FleetLocator fleet, HeartbeatCollector collector)
{
    /// <summary>Bounds the memory of where workers were last.</summary>
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<long, string> _places = new();

    /// <exception cref="ApiException">404: nobody knows the worker, it declares itself again. 503: it is on its way from one batch to another.</exception>
    public async Task<HeartbeatReplyV1> BeatAsync(HeartbeatV1 beat)
    {
        string tried = _places.GetValueOrDefault(beat.WorkerId) ?? beat.Batch ?? await FindAsync(beat.WorkerId);
        FleetAnswer<HeartbeatReplyV1> answer = await collector.SendAsync(tried, beat);
        if (answer.Status == StatusCodes.Status404NotFound)
        {
            _places.TryRemove(beat.WorkerId, out _);
            string other = await FindAsync(beat.WorkerId);
            answer = other == tried ? answer : await collector.SendAsync(other, beat);
            if (answer.Status == StatusCodes.Status404NotFound) throw new ApiException(StatusCodes.Status503ServiceUnavailable, "the worker is on its way from one batch to another; try again");
            tried = other;
        }

        HeartbeatReplyV1 reply = FleetRoutes.Value(answer);
        if (reply.Worker.Batch != tried) _places.TryRemove(beat.WorkerId, out _);
        else if (_places.Count < MaxRemembered) _places[beat.WorkerId] = tried;
        return reply;
    }

    private async Task<string> FindAsync(long workerId) => FleetRoutes.Value(await fleet.Fleet.FindWorker(workerId)).Batch;
}
