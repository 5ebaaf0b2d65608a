using System.Buffers;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

public sealed partial class ScanLedger
{
    private const int SnapshotMagic = 0x31534453;     // "SDS1"

    /// <summary>Bytes of log since the last snapshot from which a new one is worth its cost; see <see cref="SnapshotDue"/>.</summary>
    private const long LeastLogBytes = 4 << 20;

    private long _logBytes;

    /// <summary>The log has outgrown the state: time for <see cref="WriteSnapshot"/>, after which older segments may be dropped.</summary>
    public bool SnapshotDue => _logBytes > Math.Max(LeastLogBytes, _sent / _plan.Variations * 96);

    /// <summary>Writes what happened since the last call as one self-contained segment, to be kept behind those before.</summary>
    /// <returns>False, with nothing written, when nothing happened.</returns>
    public bool TakeLog(IBufferWriter<byte> target)
    {
        _logBytes += _log.PendingBytes;
        return _log.Take(new SegmentHeader(_fingerprint, StartedAt), target);
    }

    /// <summary>Writes the whole state. Segments taken before are not needed beside it; those taken later continue it.</summary>
    public void WriteSnapshot(IBufferWriter<byte> target)
    {
        var writer = new StateWriter(target);
        writer.Write(SnapshotMagic);
        writer.Write(_fingerprint);
        writer.Write(StartedAt);
        writer.Write(_log.Next);
        SaveScalars(writer);
        foreach (double bin in _thresholds.Bins) writer.Write(bin);
        foreach (PixelTable table in _tables) table.Save(writer);
        _queue.Save(writer);
        _flights.Save(writer);
        _failures.Save(writer);
        _stats.Save(writer);
        writer.Write(_setAside.Count);
        foreach (var (nside, ipix, posvar, reason) in _setAside)
        {
            writer.Write(nside);
            writer.Write(ipix);
            writer.Write(posvar);
            writer.Write(reason);
        }

        writer.Write(writer.Checksum);
        _logBytes = 0;
    }

    /// <summary>The ledger as it was when the last segment was taken; every accepted reco is in it and will not be asked for again.</summary>
    /// <param name="plan">The plan it was made with.</param>
    /// <param name="snapshot">The latest snapshot; empty when there is none.</param>
    /// <param name="segments">The log in the order it was taken; segments that the snapshot covers may be among them.</param>
    /// <exception cref="LedgerDataException">Something is damaged, missing, or of another plan.</exception>
    public static ScanLedger Restore(ScanPlan plan, ReadOnlySpan<byte> snapshot, IEnumerable<ReadOnlyMemory<byte>> segments)
    {
        ScanLedger? ledger = snapshot.IsEmpty ? null : Load(plan, snapshot);
        ulong fingerprint = ledger?._fingerprint ?? plan.Fingerprint();
        foreach (var segment in segments)
        {
            var header = SegmentHeader.Open(segment.Span, fingerprint, out StateReader entries);
            ledger ??= new(plan, header.StartedAt);
            long next = ledger._log.Next;
            if (header.FirstEntry + header.Entries <= next) continue;
            if (header.FirstEntry != next) throw new LedgerDataException($"the log jumps from entry {next} to {header.FirstEntry}");
            ledger.Replay(ref entries);
            ledger._logBytes += header.Bytes;
            if (ledger._log.Next != next + header.Entries) throw new LedgerDataException("a log segment has fewer entries than it says");
        }

        return ledger ?? throw new LedgerDataException("there is neither a snapshot nor a log");
    }

    private static ScanLedger Load(ScanPlan plan, ReadOnlySpan<byte> snapshot)
    {
        var reader = new StateReader(snapshot);
        if (reader.ReadInt32() != SnapshotMagic) throw new LedgerDataException("the snapshot does not begin as one");
        if (reader.ReadUInt64() != plan.Fingerprint()) throw new LedgerDataException("the snapshot belongs to a scan with another plan");
        if (snapshot.Length < 24 || Checksums.Of(snapshot[..^4]) != BitConverter.ToUInt32(snapshot[^4..])) throw new LedgerDataException("the snapshot is damaged");
        var ledger = new ScanLedger(plan, reader.ReadDouble());
        ledger._log.ContinueAt(reader.ReadInt64());
        ledger.LoadState(ref reader);
        return ledger;
    }

    private void LoadState(ref StateReader reader)
    {
        LoadScalars(ref reader);
        foreach (ref double bin in _thresholds.Bins) bin = reader.ReadDouble();
        foreach (PixelTable table in _tables) table.Load(ref reader);
        _queue.Load(ref reader);
        _flights.Load(ref reader);
        _failures.Load(ref reader);
        _stats.Load(ref reader);
        for (int n = reader.ReadCount(20); n > 0; n--)
            _setAside.Add(new(reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadString()));
        _sent = _tables.Sum(table => table.SentVariations);
        _received = _tables.Sum(table => table.ReceivedVariations);
        _saved = _tables.Sum(table => table.SavedPixels);
        foreach (PixelTable table in _tables)
        {
            for (int row = 0; row < table.Count; row++)
            {
                if (table.IsSaved(row)) NoteMinimum(new Pixel(table.Nside, table.Ipix(row)), table.Best(row).Llh);
            }
        }
    }

    private void SaveScalars(StateWriter writer)
    {
        writer.Write(_now);
        foreach (long count in (ReadOnlySpan<long>)[_duplicates, _unknown, _late, _failed]) writer.Write(count);
        writer.Write(_rounds);
        writer.Write(_reached);
        foreach (bool flag in (ReadOnlySpan<bool>)[_roundDue, _fractionsStale, _capped, Finished]) writer.Write(flag);
    }

    private void LoadScalars(ref StateReader reader)
    {
        _now = reader.ReadDouble();
        _duplicates = reader.ReadInt64();
        _unknown = reader.ReadInt64();
        _late = reader.ReadInt64();
        _failed = reader.ReadInt64();
        _rounds = reader.ReadInt32();
        _reached = reader.ReadInt32();
        _roundDue = reader.ReadBoolean();
        _fractionsStale = reader.ReadBoolean();
        _capped = reader.ReadBoolean();
        if (reader.ReadBoolean()) Finish();
    }

    private void Replay(ref StateReader entries)
    {
        _log.Replaying = true;
        while (!entries.AtEnd)
        {
            var kind = (LedgerEntry)entries.ReadByte();
            switch (kind)
            {
                case LedgerEntry.Clock:
                    Advance(entries.ReadDouble());
                    break;
                case LedgerEntry.Round:
                    Open(ReadRound(ref entries));
                    _log.Begin(kind, _now);
                    break;
                case LedgerEntry.Publish:
                    Publish(entries.ReadInt32());
                    _log.Begin(kind, _now);
                    break;
                case LedgerEntry.PublishOne:
                    _flights.Publish(ReadKey(ref entries), _now, _stats.Sent(_now));
                    _log.Begin(kind, _now);
                    break;
                case LedgerEntry.Reco:
                    ReplayReco(ref entries);
                    break;
                case LedgerEntry.Refused:
                    Refuse((FoldStatus)entries.ReadByte());
                    break;
                case LedgerEntry.Failure:
                    Fail(ReadKey(ref entries), entries.ReadString(), entries.ReadString());
                    break;
                case LedgerEntry.Overdue:
                    CallBack(entries.ReadDouble());
                    _log.Begin(kind, _now);
                    break;
                case LedgerEntry.TakenBack:
                    TakeBack(ReadKey(ref entries), entries.ReadBoolean());
                    _log.Begin(kind, _now);
                    break;
                default:
                    throw new LedgerDataException($"an entry in it is of kind {(byte)kind}, which this program does not know");
            }
        }

        _log.Replaying = false;
    }
}
