using System.Threading.Channels;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>Work for a worker: a workflow turn or an activity.</summary>
internal abstract class Work
{
    /// <summary>True for a turn, false for an activity; the two have limits of their own.</summary>
    public abstract bool IsTurn { get; }

    /// <summary>Makes the message at the moment it goes out; null when the work is void by now.</summary>
    public abstract ValueTask<WorkItem?> PrepareAsync(string token);

    /// <summary>The stream that had the work is gone: offers it again, at the hub it came from.</summary>
    public abstract ValueTask LostAsync(string token);
}

/// <summary>
/// Deals work out to the connected worker streams in turn, remembers who has what, and takes back what a lost stream
/// had in hand. Without a stream, work waits.
/// </summary>
internal sealed class WorkerHub(WorkflowSettings limits)
{
    private readonly Lock _gate = new();
    private readonly List<Stream> _streams = [];
    private readonly Lane _turns = new(limits.MaxWorkflows ?? int.MaxValue);
    private readonly Lane _activities = new(limits.MaxActivities ?? int.MaxValue);
    private readonly Dictionary<string, Handed> _handed = [];
    private int _next;
    private bool _closed;

    public int ConnectedWorkers
    {
        get
        {
            lock (_gate) return _streams.Count;
        }
    }

    /// <summary>Adds work at the end of its queue; the front is for work that was out before.</summary>
    public void Enqueue(Work work, bool front = false)
    {
        lock (_gate)
        {
            var lane = LaneOf(work);
            if (front) lane.Waiting.AddFirst(work);
            else lane.Waiting.AddLast(work);
            Deal();
        }
    }

    /// <summary>The token of work that is out; null when none fits. For the answers of workers that do not send it back.</summary>
    public string? TokenOf(Func<Work, bool> isMeant)
    {
        lock (_gate) return _handed.FirstOrDefault(h => isMeant(h.Value.Work)).Key;
    }

    /// <summary>A worker's answer: the work it had under this token, or null when that is not out (any more).</summary>
    public Work? Settle(string token)
    {
        lock (_gate)
        {
            if (!_handed.Remove(token, out var handed)) return null;
            LaneOf(handed.Work).Out--;
            Deal();
            return handed.Work;
        }
    }

    /// <summary>Serves one worker until it leaves or the hub closes.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: the sidecar stops.</exception>
    public async Task ServeAsync(Func<WorkItem, ValueTask> write, CancellationToken ct)
    {
        var stream = new Stream();
        lock (_gate)
        {
            if (_closed) throw Closing();
            _streams.Add(stream);
            Deal();
        }

        try
        {
            await foreach (var (token, work) in stream.Outbox.Reader.ReadAllAsync(ct))
            {
                if (await work.PrepareAsync(token) is { } item) await write(item);
                else Settle(token);
            }

            throw Closing();
        }
        finally
        {
            foreach (var (token, work) in Leave(stream)) await work.LostAsync(token);
        }
    }

    /// <summary>Ends all streams; nothing is dealt out any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var stream in _streams) stream.Outbox.Writer.TryComplete();
        }
    }

    private static RpcException Closing() => new(new Status(StatusCode.Unavailable, "The sidecar stops."));

    private List<(string Token, Work Work)> Leave(Stream stream)
    {
        lock (_gate)
        {
            _streams.Remove(stream);
            List<(string Token, Work Work)> lost = [.. _handed.Where(h => h.Value.Stream == stream).Select(h => (h.Key, h.Value.Work))];
            foreach (var (token, work) in lost)
            {
                _handed.Remove(token);
                LaneOf(work).Out--;
            }

            Deal();
            return lost;
        }
    }

    private void Deal()
    {
        if (_closed || _streams.Count == 0) return;
        Deal(_turns);
        Deal(_activities);
    }

    private void Deal(Lane lane)
    {
        while (lane.Out < lane.Limit && lane.Waiting.First is { } first)
        {
            lane.Waiting.RemoveFirst();
            _next = (_next + 1) % _streams.Count;
            var stream = _streams[_next];
            string token = Guid.NewGuid().ToString("N");
            _handed[token] = new Handed(first.Value, stream);
            lane.Out++;
            stream.Outbox.Writer.TryWrite((token, first.Value));
        }
    }

    private Lane LaneOf(Work work) => work.IsTurn ? _turns : _activities;

    private sealed record Handed(Work Work, Stream Stream);

    private sealed class Stream
    {
        public Channel<(string Token, Work Work)> Outbox { get; } =
            Channel.CreateUnbounded<(string Token, Work Work)>(new UnboundedChannelOptions { SingleReader = true });
    }

    private sealed class Lane(int limit)
    {
        public int Limit => limit;

        public int Out { get; set; }

        public LinkedList<Work> Waiting { get; } = new();
    }
}
