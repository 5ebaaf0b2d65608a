using System.Collections.Concurrent;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>Brings a worker's heartbeat to the batch that it serves, also when it was moved meanwhile, and to those that it still works for.</summary>
internal sealed class WorkerContact(FleetLocator fleet, HeartbeatCollector collector)
{
    /// <summary>Bounds the memory of where workers were last.</summary>
    private const int MaxRemembered = 100_000;

    /// <summary>Batches that one heartbeat is brought to beside its own.</summary>
    private const int MaxFormer = 16;

    private readonly ConcurrentDictionary<long, string> _places = new();

    /// <exception cref="ApiException">404: nobody knows the worker, it declares itself again. 503: it is on its way from one batch to another.</exception>
    public async Task<HeartbeatReplyV1> BeatAsync(HeartbeatV1 beat, CancellationToken stop)
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
        return await WithFormerAsync(beat, tried, reply, stop);
    }

    /// <summary>What still runs for batches that it has left: they hear of it as well, lest they take it for lost, and may have signals for it.</summary>
    private async Task<HeartbeatReplyV1> WithFormerAsync(HeartbeatV1 beat, string now, HeartbeatReplyV1 reply, CancellationToken stop)
    {
        if (beat.Running is not [_, ..] && beat.AcknowledgedSignals is not [_, ..]) return reply;
        ILookup<string, HeldExecutionV1> held = await GroupAsync(beat.Running ?? [], one => one.ExecutionId, stop);
        ILookup<string, long> heard = await GroupAsync(beat.AcknowledgedSignals ?? [], id => id, stop);
        foreach (string former in held.Select(group => group.Key).Union(heard.Select(group => group.Key)).Where(batch => batch != now && batch != "").Take(MaxFormer))
        {
            FleetAnswer<HeartbeatReplyV1> answer = await collector.SendAsync(former, beat with { Batch = former, Running = [.. held[former]], AcknowledgedSignals = [.. heard[former]] });
            reply = answer.IsOk
                ? reply with { Signals = [.. reply.Signals, .. answer.Value.Signals], Dropped = [.. reply.Dropped, .. answer.Value.Dropped] }
                // That batch has forgotten the worker, and with it all that it had there.
                : reply with { Dropped = [.. reply.Dropped, .. held[former].Select(one => one.ExecutionId)] };
        }

        return reply;
    }

    private async Task<ILookup<string, T>> GroupAsync<T>(IEnumerable<T> items, Func<T, long> id, CancellationToken stop)
    {
        List<(string Batch, T Item)> found = [];
        foreach (T item in items) found.Add((await fleet.FindBatchAsync(id(item), stop) ?? "", item));
        return found.ToLookup(one => one.Batch, one => one.Item);
    }

    private async Task<string> FindAsync(long workerId) => FleetRoutes.Value(await fleet.Fleet.FindWorker(workerId)).Batch;
}
