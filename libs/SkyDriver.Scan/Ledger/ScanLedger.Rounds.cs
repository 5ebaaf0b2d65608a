using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>What opening a round did.</summary>
/// <param name="Number">Rounds opened so far, this one included.</param>
/// <param name="NewPixels">Pixels added per nside, ascending; nsides without new pixels are left out.</param>
/// <param name="NewVariations">Units of work added.</param>
/// <param name="Minimum">The best pixel it was chosen around.</param>
/// <param name="Finished">It added nothing, and nothing is outstanding: the scan is over.</param>
public sealed record RoundOutcome(int Number, IReadOnlyList<(int Nside, IReadOnlyList<long> Pixels)> NewPixels, long NewVariations, BestFit? Minimum, bool Finished);

public sealed partial class ScanLedger
{
    /// <summary>Chooses the pixels of the next round and queues their variations; or, if there are none to add and all is in, ends the scan.</summary>
    /// <exception cref="InvalidOperationException">No round is due.</exception>
    public RoundOutcome OpenRound(double now)
    {
        if (!RoundDue) throw new InvalidOperationException("No round is due: ask RoundDue first.");
        Advance(now);
        var chosen = _capped ? null : _chooser.Choose(_reached, _minimum);
        var outcome = Open(chosen);
        if (_log.Begin(LedgerEntry.Round, _now) is { } entry) WriteRound(entry, chosen);
        return outcome;
    }

    /// <summary>Adds what was chosen; null stands for a round that would go past the cap.</summary>
    internal RoundOutcome Open(List<long>[]? chosen)
    {
        _rounds++;
        var added = new List<(int, IReadOnlyList<long>)>();
        long before = _sent;
        for (int step = 0; chosen is not null && step < _tables.Length; step++)
        {
            if (chosen[step].Count == 0) continue;
            PixelTable table = _tables[step];
            _queue.Add(step, table.Count, chosen[step].Count);
            table.Append(chosen[step], _saved);
            _sent += (long)chosen[step].Count * _plan.Variations;
            added.Add((table.Nside, chosen[step]));
        }

        _capped |= chosen is null;
        (_roundDue, _reached, _fractionsStale) = (false, -1, true);
        if (added.Count == 0 && AllReceived) Finish();
        return new(_rounds, added, _sent - before, BestFit, Finished);
    }

    private void Finish()
    {
        Finished = true;
        if (_capped) EndReason = $"the next round would go past the cap of {_plan.PixelLimit} pixels";
    }

    /// <summary>After each reco, also after refused ones: is it time for a round?</summary>
    /// <returns>Index of the largest nside that met a threshold just now, or -1.</returns>
    private int LookForRound(int step, bool saved)
    {
        bool wasDue = _roundDue;
        int met = _rule == RoundRule.Threshold && _saved > 0 && (saved || _fractionsStale) ? MeetThresholds(step) : -1;
        if (met >= 0) RequestRound(met);

        // With everything in there is nothing left to wait for, whatever the thresholds say: so no scan can hang here.
        if (AllReceived && (wasDue || !_roundDue)) RequestRound(Array.FindLastIndex(_tables, table => table.Count > 0));
        return met;
    }

    private int MeetThresholds(int step)
    {
        int met = -1;
        for (int i = 0; i < _tables.Length; i++)
        {
            if ((i == step || _fractionsStale) && _tables[i].Count > 0 && _thresholds.Update(i, _tables[i].Fraction)) met = i;
        }

        _fractionsStale = false;
        return met;
    }

    private void RequestRound(int reached)
    {
        _reached = Math.Max(reached, _reached);
        _roundDue = true;
    }

    private void WriteRound(StateWriter entry, List<long>[]? chosen)
    {
        entry.Write(chosen is not null);
        foreach (var pixels in chosen ?? [])
        {
            var runs = Runs(pixels).ToList();
            entry.WriteVar((ulong)runs.Count);
            long last = 0;
            foreach (var (first, count) in runs)
            {
                entry.WriteVar((ulong)(first - last));
                entry.WriteVar((ulong)count);
                last = first + count;
            }
        }
    }

    private List<long>[]? ReadRound(ref StateReader entry)
    {
        if (!entry.ReadBoolean()) return null;
        var chosen = new List<long>[_tables.Length];
        long room = ScanPlan.MostPixels;
        for (int step = 0; step < chosen.Length; step++)
        {
            chosen[step] = [];
            long next = 0;
            for (ulong runs = entry.ReadVar(); runs > 0; runs--)
            {
                next += (long)Math.Min(entry.ReadVar(), long.MaxValue / 2);
                long count = (long)Math.Min(entry.ReadVar(), long.MaxValue / 2);
                if ((room -= count) < 0 || next + count > Healpix.PixelCount(_tables[step].Nside))
                    throw new LedgerDataException($"a round in it has pixels past the end of nside {_tables[step].Nside}");
                for (; count > 0; count--) chosen[step].Add(next++);
            }
        }

        return chosen;
    }

    private static IEnumerable<(long First, long Count)> Runs(List<long> ascending)
    {
        for (int start = 0, i = 1; i <= ascending.Count; i++)
        {
            if (i < ascending.Count && ascending[i] == ascending[i - 1] + 1) continue;
            yield return (ascending[start], i - start);
            start = i;
        }
    }
}
