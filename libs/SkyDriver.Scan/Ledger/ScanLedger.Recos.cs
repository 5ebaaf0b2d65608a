using SkyDriver.Sky;

namespace SkyDriver.Scan;

public sealed partial class ScanLedger
{
    /// <summary>Takes one answer in. Idempotent: what was answered before, or never asked for, changes nothing but a counter.</summary>
    /// <param name="now">When it arrived, unix s.</param>
    /// <param name="worker">Who answered; only failures make use of it.</param>
    public FoldOutcome Fold(in RecoRecord reco, double now, string worker = "")
    {
        Advance(now);
        int step = StepOf(reco.Nside);
        int row = step < 0 ? -1 : _tables[step].Find(reco.Ipix);
        if (row < 0 || reco.Posvar < 0 || reco.Posvar >= _plan.Variations) return Refuse(FoldStatus.Unknown);
        if (_tables[step].HasReceived(row, reco.Posvar)) return Refuse(FoldStatus.Duplicate);
        var key = new VariationKey(step, row, reco.Posvar);
        if (reco.Failure is { } reason) return Fail(key, worker, FailureBook.Shorten(reason));
        return Accept(key, PixelFit.From(reco), reco.RuntimeSeconds);
    }

    private FoldOutcome Refuse(FoldStatus status)
    {
        if (status == FoldStatus.Duplicate) _duplicates++;
        else _unknown++;
        _log.Begin(LedgerEntry.Refused, _now)?.Write((byte)status);
        return Outcome(status, false, LookForRound(-1, saved: false));
    }

    private FoldOutcome Accept(VariationKey key, PixelFit fit, double runtime)
    {
        if (_log.Begin(LedgerEntry.Reco, _now) is { } entry) WriteReco(entry, key, fit, runtime);
        bool flown = _flights.Land(key, out var flight);
        if (flown && (flight.Waiting || flight.Publications > 1)) _late++;
        bool first = _stats.Arrived(key.Step, runtime, flown ? flight.FirstSentAt : double.NaN, flown ? flight.Batch : -1, _now);
        return Take(key, fit, FoldStatus.Accepted) with { FirstOfNside = first };
    }

    private FoldOutcome Fail(VariationKey key, string worker, string reason)
    {
        if (_log.Begin(LedgerEntry.Failure, _now) is { } entry)
        {
            WriteKey(entry, key);
            entry.Write(worker);
            entry.Write(reason);
        }

        _failed++;
        if (_failures.Note(key, worker, out string summary)) return GiveUp(key, $"{summary}; the last one said: {reason}");
        if (_flights.CallBack(key, counts: true, out _)) _queue.AddAgain(key);
        return Outcome(FoldStatus.Failed, false, LookForRound(-1, saved: false));
    }

    private FoldOutcome GiveUp(VariationKey key, string reason)
    {
        _flights.Land(key, out _);
        _setAside.Add(new(_tables[key.Step].Nside, _tables[key.Step].Ipix(key.Row), key.Posvar, reason));
        return Take(key, PixelFit.Failed, FoldStatus.SetAside);
    }

    private FoldOutcome Take(VariationKey key, in PixelFit fit, FoldStatus status)
    {
        _failures.Forget(key);
        _received++;
        PixelTable table = _tables[key.Step];
        bool saved = table.Accept(key.Row, key.Posvar, fit, _saved + 1);
        if (saved)
        {
            _saved++;
            NoteMinimum(new(table.Nside, table.Ipix(key.Row)), table.Best(key.Row).Llh);
        }

        return Outcome(status, saved, LookForRound(key.Step, saved));
    }

    private FoldOutcome Outcome(FoldStatus status, bool saved, int met) =>
        new(status, saved, false, met < 0 ? 0 : _tables[met].Nside, RoundDue);

    /// <summary>Smallest llh, then coarsest nside, then smallest index; NaN never is the minimum.</summary>
    private void NoteMinimum(Pixel pixel, double llh)
    {
        if (double.IsNaN(llh) || (_minimum is { } best && !(llh < _minimumLlh || (llh == _minimumLlh && pixel.CompareTo(best) < 0)))) return;
        _minimum = pixel;
        _minimumLlh = llh;
    }

    private static void WriteKey(StateWriter entry, VariationKey key)
    {
        entry.Write((byte)key.Step);
        entry.WriteVar((ulong)key.Row);
        entry.Write((byte)key.Posvar);
    }

    private VariationKey ReadKey(ref StateReader entry)
    {
        int step = entry.ReadByte();
        ulong row = entry.ReadVar();
        int posvar = entry.ReadByte();
        return step < _tables.Length && row < (ulong)_tables[step].Count && posvar < _plan.Variations
            ? new(step, (int)row, posvar)
            : throw new LedgerDataException("an entry in it names a pixel that was never asked for");
    }

    private static void WriteReco(StateWriter entry, VariationKey key, in PixelFit fit, double runtime)
    {
        WriteKey(entry, key);
        ReadOnlySpan<double> numbers = [fit.Llh, fit.EIn, fit.ETot, fit.X, fit.Y, fit.Z, fit.T, fit.Energy];
        int known = 0;
        for (int i = 0; i < numbers.Length; i++) known |= double.IsNaN(numbers[i]) ? 0 : 1 << i;
        entry.Write((byte)known);
        foreach (double number in numbers)
        {
            if (!double.IsNaN(number)) entry.Write(number);
        }

        entry.Write(runtime);
    }

    private void ReplayReco(ref StateReader entry)
    {
        var key = ReadKey(ref entry);
        int known = entry.ReadByte();
        Span<double> numbers = stackalloc double[8];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (known >> i & 1) != 0 ? entry.ReadDouble() : double.NaN;
        double runtime = entry.ReadDouble();
        if (_tables[key.Step].HasReceived(key.Row, key.Posvar)) throw new LedgerDataException("an answer in it comes twice");
        Accept(key, new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]), runtime);
    }
}
