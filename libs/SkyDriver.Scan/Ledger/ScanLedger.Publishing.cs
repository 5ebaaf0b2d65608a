using SkyDriver.Reco;

namespace SkyDriver.Scan;

/// <summary>What a look for overdue work found.</summary>
/// <param name="CalledBack">Variations that <see cref="ScanLedger.TakeBatch"/> hands out again.</param>
/// <param name="SetAside">Variations given up: published too often while workers answered others.</param>
public readonly record struct OverdueOutcome(int CalledBack, int SetAside);

public sealed partial class ScanLedger
{
    /// <summary>Variations that may be with the broker and workers at a time; the rest wait here. May be changed as workers come and go.</summary>
    public int Window { get; set; } = 4096;

    /// <summary>Hands out work to publish: what was called back first, then the newest round's variations in a scattered order.</summary>
    /// <param name="mostVariations">Size of the batch; see <see cref="BatchSizing"/>.</param>
    /// <param name="now">Counts as the time of publication, unix s.</param>
    /// <returns>Seeds; empty when nothing waits or the window is full.</returns>
    public IReadOnlyList<VariationSeed> TakeBatch(int mostVariations, double now)
    {
        int room = Math.Min(mostVariations, Window - _flights.InFlight);
        if (room <= 0 || _queue.Count == 0) return [];
        Advance(now);
        var keys = Publish(room);
        _log.Begin(LedgerEntry.Publish, _now)?.Write(room);
        var seeds = new VariationSeed[keys.Count];
        for (int i = 0; i < seeds.Length; i++) seeds[i] = _seeds.Make(keys[i]);
        return seeds;
    }

    /// <summary>Looks for work that was published too long ago and not answered, and queues it again. Costs by what it finds.</summary>
    /// <param name="timeoutSeconds">How long an answer may take, from publication.</param>
    public OverdueOutcome CallBackOverdue(double now, double timeoutSeconds)
    {
        if (!_flights.TryOldest(out _, out var oldest) || oldest.SentAt > now - timeoutSeconds) return default;
        Advance(now);
        var outcome = CallBack(timeoutSeconds);
        _log.Begin(LedgerEntry.Overdue, _now)?.Write(timeoutSeconds);
        return outcome;
    }

    /// <summary>Queues again what one worker was given and will not answer; what was answered, or is queued already, is left alone.</summary>
    /// <param name="isLost">It ran out of time, which may be the variations' doing; false when the worker gave it back.</param>
    public OverdueOutcome TakeBack(IReadOnlyList<VariationSeed> given, bool isLost, double now)
    {
        Advance(now);
        OverdueOutcome all = default;
        foreach (var seed in given)
        {
            int step = StepOf(seed.Nside);
            int row = step < 0 ? -1 : _tables[step].Find(seed.Ipix);
            if (row < 0) continue;
            var key = new VariationKey(step, row, seed.Posvar);
            if (!_flights.TryFind(key, out var flight)) continue;
            bool counts = isLost && _stats.LastArrival > flight.SentAt;
            if (_log.Begin(LedgerEntry.TakenBack, _now) is { } entry)
            {
                WriteKey(entry, key);
                entry.Write(counts);
            }

            var outcome = TakeBack(key, counts);
            all = new(all.CalledBack + outcome.CalledBack, all.SetAside + outcome.SetAside);
        }

        return all;
    }

    /// <summary>Marks a chosen variation as published, as the replay of a recorded scan needs, where another program set the order.</summary>
    internal void PublishOne(int nside, long ipix, int posvar, double now)
    {
        Advance(now);
        int step = StepOf(nside);
        var key = new VariationKey(step, _tables[step].Find(ipix), posvar);
        _flights.Publish(key, _now, _stats.Sent(_now));
        if (_log.Begin(LedgerEntry.PublishOne, _now) is { } entry) WriteKey(entry, key);
    }

    private List<VariationKey> Publish(int room)
    {
        var keys = new List<VariationKey>(Math.Min(room, 256));
        int batch = _stats.Sent(_now);
        while (keys.Count < room && _queue.TryNext(out var key))
        {
            // Answered while it waited, or handed out by a turn whose end was not stored.
            if (_tables[key.Step].HasReceived(key.Row, key.Posvar) || _flights.IsInFlight(key)) continue;
            _flights.Publish(key, _now, batch);
            keys.Add(key);
        }

        return keys;
    }

    private OverdueOutcome CallBack(double timeoutSeconds)
    {
        int calledBack = 0, setAside = 0;
        double lastAnswer = _stats.LastArrival;
        while (_flights.TryOldest(out var key, out var flight) && flight.SentAt <= _now - timeoutSeconds)
        {
            var one = TakeBack(key, counts: lastAnswer > flight.SentAt);
            calledBack += one.CalledBack;
            setAside += one.SetAside;
        }

        return new(calledBack, setAside);
    }

    private OverdueOutcome TakeBack(VariationKey key, bool counts)
    {
        _flights.CallBack(key, counts, out var flight);
        if (flight.Misses >= (_plan.MaxPublications ?? int.MaxValue))
        {
            GiveUp(key, $"no answer after {flight.Publications} publications");
            return new(0, 1);
        }

        _queue.AddAgain(key);
        return new(1, 0);
    }
}
