using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Api.Fleet;

/// <summary>Brings heartbeats to their batches: at most one call a second for each, with all that came meanwhile.</summary>
internal sealed class HeartbeatCollector(FleetLocator fleet, TimeProvider clock)
{
    /// <summary>Heartbeats in one call.</summary>
    public const int MaxBeats = 1000;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>An actor that answers later than this is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();

    /// <summary>A batch is in here from its first heartbeat until a second without any.</summary>
    private readonly Dictionary<string, Dictionary<long, Waiting>> _batches = [];

    /// <param name="batch">Where the worker is thought to be.</param>
    /// <exception cref="TimeoutException">The batch does not answer.</exception>
    public Task<FleetAnswer<HeartbeatReplyV1>> SendAsync(string batch, HeartbeatV1 beat)
    {
        lock (_gate)
        {
            bool isFirst = !_batches.TryGetValue(batch, out Dictionary<long, Waiting>? waiting);
            if (isFirst) _batches[batch] = waiting = [];
            Waiting mine = waiting!.TryGetValue(beat.WorkerId, out Waiting? before) ? before with { Beat = Merge(before.Beat, beat) } : new(beat, new(TaskCreationOptions.RunContinuationsAsynchronously));
            waiting[beat.WorkerId] = mine;
            if (isFirst) _ = Task.Run(() => RunAsync(batch, waiting));
            return mine.Answer.Task;
        }
    }

    /// <summary>A worker that speaks twice says the newer thing, but what it acknowledged stays acknowledged.</summary>
    private static HeartbeatV1 Merge(HeartbeatV1 older, HeartbeatV1 newer) => newer with
    {
        Running = newer.Running ?? older.Running,
        AcknowledgedSignals = older.AcknowledgedSignals is null ? newer.AcknowledgedSignals : [.. older.AcknowledgedSignals.Union(newer.AcknowledgedSignals ?? [])],
    };

    private async Task RunAsync(string batch, Dictionary<long, Waiting> waiting)
    {
        while (true)
        {
            Waiting[] some;
            lock (_gate)
            {
                if (waiting.Count == 0)
                {
                    _batches.Remove(batch);
                    return;
                }

                some = [.. waiting.Values.Take(MaxBeats)];
                foreach (Waiting one in some) waiting.Remove(one.Beat.WorkerId);
            }

            await DeliverAsync(batch, some);
            // The first of a quiet batch goes at once; those that come now go together.
            await Task.Delay(Interval, clock);
        }
    }

    private async Task DeliverAsync(string batch, Waiting[] some)
    {
        try
        {
            IBatchActor actor = fleet.Batch(batch);
            HeartbeatAnswersV1 answers = await actor.Heartbeat(new([.. some.Select(one => one.Beat)])).WaitAsync(Patience, clock);
            for (int i = 0; i < some.Length; i++) some[i].Answer.TrySetResult(answers.Answers[i]);
            SkyDriverMetrics.Heartbeats.Add(some.Length, new KeyValuePair<string, object?>("outcome", "taken"));
        }
        catch (Exception fault)
        {
            // Each caller is told; the next heartbeats are another try.
            SkyDriverMetrics.Heartbeats.Add(some.Length, new KeyValuePair<string, object?>("outcome", "failed"));
            foreach (Waiting one in some) one.Answer.TrySetException(fault);
        }
    }

    private sealed record Waiting(HeartbeatV1 Beat, TaskCompletionSource<FleetAnswer<HeartbeatReplyV1>> Answer);
}
