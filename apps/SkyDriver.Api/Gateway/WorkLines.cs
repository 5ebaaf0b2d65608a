using System.Diagnostics;
using Dapr.Actors;
using Dapr.Actors.Client;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Gateway;

/// <summary>Workers that stand in line for pixels, scan by scan. While anybody stands there the scan is asked, once for all of them.</summary>
internal sealed partial class WorkLines(IActorProxyFactory actors, GatewayOptions options, TimeProvider clock, ILogger<WorkLines> log)
{
    /// <summary>Workers asked for in one call of the scan.</summary>
    private const int MostWants = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Line> lines = [];
    private int waiting;

    /// <summary>Waits until there is work, the scan is over, or the time is up.</summary>
    /// <param name="hangUp">The worker went away: what it would have got is given back.</param>
    /// <returns>Without a lease when there is no work.</returns>
    /// <exception cref="ApiException">503: too many wait already.</exception>
    public async Task<WorkFound> WaitAsync(string scanId, WorkWantedV1 want, TimeSpan wait, CancellationToken hangUp)
    {
        Place place = Join(scanId, want);
        using CancellationTokenSource timeout = new(wait, clock), either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, hangUp);
        await using (either.Token.Register(() => place.Leave()))
        {
            WorkFound found = await place.Found;
            if (found.Lease is { } lease && hangUp.IsCancellationRequested) await GiveBackAsync(scanId, want, lease.Number);
            return found;
        }
    }

    /// <summary>There may be work for those who stand in line: they need not wait for the next time the scan is asked.</summary>
    public void Nudge(string scanId)
    {
        lock (gate)
        {
            if (lines.TryGetValue(scanId, out Line? line)) line.Nudged.TrySetResult();
        }
    }

    /// <summary>Gives work back that its worker will never hear of. Otherwise it would only come to others later, when the lease runs out.</summary>
    public async Task GiveBackAsync(string scanId, WorkWantedV1 want, long lease)
    {
        try
        {
            await actors.CreateActorProxy<IScanActor>(new ActorId(scanId), ActorTypes.Scan).TendLeases(new(want.WorkerId, want.Slots, [], [lease]));
        }
        catch (Exception away)
        {
            LogNotGivenBack(lease, scanId, away.Message);
        }
    }

    private Place Join(string scanId, WorkWantedV1 want)
    {
        Place place = new(want);
        lock (gate)
        {
            if (waiting >= options.MostWaiting) throw new ApiException(StatusCodes.Status503ServiceUnavailable, "too many workers wait here; try again");
            waiting++;
            if (lines.TryGetValue(scanId, out Line? line)) line.Places.Add(place);
            else
            {
                lines[scanId] = line = new();
                line.Places.Add(place);
                _ = Task.Run(() => ServeAsync(scanId, line));
            }
        }

        return place;
    }

    private async Task ServeAsync(string scanId, Line line)
    {
        // The line outlives the request that began it.
        Activity.Current = null;
        IScanActor scan = actors.CreateActorProxy<IScanActor>(new ActorId(scanId), ActorTypes.Scan);
        TimeSpan pause = FirstPause;
        while (Front(scanId, line) is { Count: > 0 } front)
        {
            if (await AskAsync(scan, scanId, front))
            {
                pause = FirstPause;
                continue;
            }

            bool isNudged = await NudgedAsync(line, pause);
            pause = isNudged ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>False when somebody got nothing: it is no use to ask again at once.</returns>
    private async Task<bool> AskAsync(IScanActor scan, string scanId, List<Place> front)
    {
        try
        {
            LeasedWorkV1 answer = await scan.LeaseWork(new([.. front.Select(p => p.Want)]));
            if (answer.State is not (ScanActorState.Scanning or ScanActorState.NotOpen))
            {
                foreach (Place place in front) place.Serve(new(answer.State, null));
                return true;
            }

            // The same worker may stand here several times, once for each slot.
            foreach (LeaseV1 lease in answer.Granted)
            {
                Place[] places = [.. front.Where(p => p.Want.WorkerId == lease.WorkerId)];
                if (!places.Any(p => p.Serve(new(answer.State, lease)))) await GiveBackAsync(scanId, places[0].Want, lease.Number);
            }

            foreach (Place place in front) place.LastState = answer.State;
            return answer.Granted.Count == front.Count;
        }
        catch (Exception away)
        {
            LogAway(scanId, away.Message);
            foreach (Place place in front) place.Fail(away);
            return false;
        }
    }

    /// <returns>False when the pause was over first.</returns>
    private async Task<bool> NudgedAsync(Line line, TimeSpan pause)
    {
        Task nudged = line.Nudged.Task;
        using CancellationTokenSource end = new();
        bool isNudged = await Task.WhenAny(nudged, Task.Delay(pause, clock, end.Token)) == nudged;
        await end.CancelAsync();
        return isNudged;
    }

    /// <summary>Whoever stands there now; a nudge from before says nothing any more.</summary>
    private List<Place> Front(string scanId, Line line)
    {
        lock (gate)
        {
            waiting -= line.Places.RemoveAll(p => p.Found.IsCompleted);
            if (line.Places.Count == 0) lines.Remove(scanId);
            if (line.Nudged.Task.IsCompleted) line.Nudged = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return [.. line.Places.Take(MostWants)];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan} cannot be asked for work: {Fault}")]
    private partial void LogAway(string scan, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "lease {Lease} of scan {Scan} could not be given back, it will run out: {Fault}")]
    private partial void LogNotGivenBack(long lease, string scan, string fault);

    /// <summary>Everybody who waits for pixels of one scan. Guarded by the gate.</summary>
    private sealed class Line
    {
        public List<Place> Places { get; } = [];

        public TaskCompletionSource Nudged { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>One worker in line. Whatever comes first counts: work, a fault, or its patience being over.</summary>
    private sealed class Place(WorkWantedV1 want)
    {
        private readonly TaskCompletionSource<WorkFound> found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WorkWantedV1 Want => want;

        public string LastState { get; set; } = ScanActorState.NotOpen;

        public Task<WorkFound> Found => found.Task;

        public bool Serve(WorkFound work) => found.TrySetResult(work);

        public void Fail(Exception fault) => found.TrySetException(fault);

        public void Leave() => found.TrySetResult(new(LastState, null));
    }
}

/// <param name="State">One of <see cref="ScanActorState"/>.</param>
/// <param name="Lease">Null when there is nothing to do now.</param>
internal sealed record WorkFound(string State, LeaseV1? Lease);
