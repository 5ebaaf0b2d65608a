using System.Buffers;

namespace SkyDriver.Scan;

/// <summary>What happened to a ledger since its log was last taken, entry by entry. Doing the same again gives the same ledger.</summary>
internal sealed class LedgerLog
{
    private readonly ArrayBufferWriter<byte> _entries = new();
    private StateWriter _writer;
    private double _clock = double.NaN;
    private int _count;

    public LedgerLog() => _writer = new(_entries);

    /// <summary>Number of the next entry, from 0 over the life of the ledger.</summary>
    public long Next { get; private set; }

    /// <summary>Set while entries are being done again; nothing is noted then.</summary>
    public bool Replaying { get; set; }

    public int PendingBytes => _entries.WrittenCount;

    /// <summary>Begins an entry; the caller writes what belongs to it. Null while replaying.</summary>
    public StateWriter? Begin(LedgerEntry kind, double now)
    {
        Next++;
        if (Replaying) return null;
        _count++;
        if (now != _clock)
        {
            _writer.Write((byte)LedgerEntry.Clock);
            _writer.Write(now);
            _clock = now;
        }

        _writer.Write((byte)kind);
        return _writer;
    }

    /// <summary>Moves everything noted into a segment; false when there was nothing.</summary>
    public bool Take(SegmentHeader header, IBufferWriter<byte> target)
    {
        if (_count == 0) return false;
        var writer = new StateWriter(target);
        header = header with { FirstEntry = Next - _count, Entries = _count, Bytes = _entries.WrittenCount };
        header.Save(writer);
        writer.WriteAll(_entries.WrittenSpan);
        writer.Write(writer.Checksum);
        _entries.ResetWrittenCount();
        _writer = new(_entries);
        _count = 0;
        _clock = double.NaN;
        return true;
    }

    /// <summary>Continues the numbering where a snapshot or a replay ended.</summary>
    public void ContinueAt(long next) => Next = next;
}

internal enum LedgerEntry : byte
{
    Clock,
    Round,
    Publish,
    PublishOne,
    Reco,
    Refused,
    Failure,
    Overdue,
    TakenBack,
}

/// <summary>Start of a log segment.</summary>
/// <param name="Fingerprint">Of the plan.</param>
/// <param name="StartedAt">unix s.</param>
/// <param name="FirstEntry">Number of the first entry in it.</param>
internal readonly record struct SegmentHeader(ulong Fingerprint, double StartedAt, long FirstEntry = 0, int Entries = 0, int Bytes = 0)
{
    private const int Magic = 0x314C4453;     // "SDL1"

    public void Save(StateWriter writer)
    {
        writer.Write(Magic);
        writer.Write(Fingerprint);
        writer.Write(StartedAt);
        writer.Write(FirstEntry);
        writer.Write(Entries);
        writer.Write(Bytes);
    }

    /// <summary>Reads a segment and checks that it is whole.</summary>
    public static SegmentHeader Open(ReadOnlySpan<byte> segment, ulong fingerprint, out StateReader entries)
    {
        var reader = new StateReader(segment);
        if (reader.ReadInt32() != Magic) throw new LedgerDataException("a log segment does not begin as one");
        var header = new SegmentHeader(reader.ReadUInt64(), reader.ReadDouble(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadCount(1));
        if (header.Fingerprint != fingerprint) throw new LedgerDataException("a log segment belongs to a scan with another plan");
        entries = new StateReader(reader.Take(header.Bytes));
        if (reader.ReadUInt32() != Checksums.Of(segment[..^4]) || !reader.AtEnd) throw new LedgerDataException("a log segment is damaged");
        return header;
    }
}
