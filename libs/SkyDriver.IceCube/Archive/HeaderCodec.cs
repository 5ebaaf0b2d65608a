namespace SkyDriver.IceCube.Archive;

/// <summary><c>I3EventHeader</c> with its two <c>I3Time</c>.</summary>
internal static class HeaderCodec
{
    public static EventHeader Read(ref ArchiveReader reader, byte version)
    {
        ref ByteReader fields = ref reader.Fields;
        long run = fields.U32(), subRun = version >= 1 ? fields.U32() : 0, eventId = fields.U32();
        int state = version >= 2 ? fields.I32() : 0;
        long subEvent = version >= 3 ? fields.U32() : 0;
        string stream = version >= 3 ? fields.Text(Limits.StringBytes, "sub-event stream") : "";
        return new EventHeader(run, subRun, eventId, state, subEvent, stream, ReadTime(ref reader), ReadTime(ref reader));
    }

    public static void Write(ArchiveWriter writer, EventHeader header)
    {
        writer.U32((uint)header.RunId).U32((uint)header.SubRunId).U32((uint)header.EventId).I32(header.State)
            .U32((uint)header.SubEventId).Text(header.SubEventStream);
        WriteTime(writer, header.Start);
        WriteTime(writer, header.End);
    }

    private static DaqTime ReadTime(ref ArchiveReader reader)
    {
        reader.Enter(ArchiveClass.Time);
        reader.Enter(ArchiveClass.FrameObject);
        int year = reader.Fields.I32();
        if (year is < DaqTime.FirstYear or > DaqTime.LastYear)
            throw reader.Fields.Fault($"the year is {year}, not {DaqTime.FirstYear} to {DaqTime.LastYear}", 4);
        long ticks = reader.Fields.I64();
        if (ticks is < 0 or > DaqTime.MaxTicks) throw reader.Fields.Fault($"{ticks} ticks of 0.1 ns are not within a year", 8);
        return new DaqTime(year, ticks);
    }

    private static void WriteTime(ArchiveWriter writer, DaqTime time) =>
        writer.Enter(ArchiveClass.Time).Enter(ArchiveClass.FrameObject).I32(time.Year).U64((ulong)time.Ticks);
}
