using SkyDriver.IceCube.Archive;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube;

/// <summary>Turns the streams of the compact pulse record into pulses.</summary>
internal ref struct CompactUnpacker
{
    public const int HeaderTimeBits = 11, StampTimeBits = 8, ChargeBits = 6;
    public const ushort OverflowWord = ushort.MaxValue, HlcBit = 1 << 14, StopBit = 1 << 15;
    public const double FirstTimeOffset = -512, ChargeStep = 0.05, SurfaceChargeScale = 9.0 / 16383;
    public const byte SlcFlags = 4, HlcFlags = 7;

    private readonly CompactPulses record;
    private readonly string layer;
    private readonly WidthStream[] widths;
    private readonly List<Pulse> pulses;
    private int word, extra, timeOverflow, chargeOverflow;

    private CompactUnpacker(CompactPulses record, string layer)
    {
        (this.record, this.layer) = (record, layer);
        widths = Array.ConvertAll(record.Widths, bytes => new WidthStream(bytes, record.Stamps.Length, layer));
        pulses = new List<Pulse>(record.Stamps.Length);
    }

    public static (PulseTable Table, SuperDstCounters Counters) Unpack(CompactPulses record, string layer) =>
        new CompactUnpacker(record, layer).Run();

    private (PulseTable Table, SuperDstCounters Counters) Run()
    {
        long groupStart = 0;
        foreach (ushort header in record.Headers) ReadGroup(header, ref groupStart);
        if (word != record.Stamps.Length) throw Fault("stamps are left over after the last group");
        if (extra != record.Extra.Length) throw Fault("charge bytes are left over");
        foreach (WidthStream stream in widths) stream.ExpectEnd();
        PulseTable table = PulseTable.From(pulses);
        int repairs = 0;
        for (int i = 0; i < table.Modules.Length; i++)
            repairs += OverlapRepair.Apply(table.Pulses.AsSpan(table.Starts[i]..table.Starts[i + 1]));
        return (table, new SuperDstCounters(
            record.Stamps.Length, record.Headers.Length, [.. widths.Select(stream => stream.Taken)], record.Extra.Length,
            timeOverflow, chargeOverflow, repairs));
    }

    private void ReadGroup(ushort header, ref long groupStart)
    {
        int om = (header & 0x3F) + 1, @string = header >> 6 & 0x7F;
        bool surface = om > DetectorGeometry.ModulesPerString;
        if (@string is < 1 or > DetectorGeometry.StringCount) throw Fault($"a group of pulses names string {@string}");
        long time = groupStart;
        bool hlc = false, first = true;
        while (true)
        {
            ushort stamp = NextWord();
            time += first
                ? TimeCode(header >> 13 << StampTimeBits | stamp & 0xFF, HeaderTimeBits)
                : TimeCode(stamp & 0xFF, StampTimeBits);
            if (time > Limits.PulseTime) throw Fault($"a pulse is {time} ns late");
            if (first) (groupStart, hlc) = (time, (stamp & HlcBit) != 0);
            else if (hlc != ((stamp & HlcBit) != 0)) throw Fault("a group mixes pulses with and without hard local coincidence");
            double charge = surface ? SurfaceCharge(stamp) : InIceCharge(stamp);
            double width = 1 << widths[(surface ? 2 : 0) + (hlc ? 1 : 0)].Next();
            pulses.Add(new Pulse(@string, om, time + FirstTimeOffset, charge, width, hlc ? HlcFlags : SlcFlags));
            bool last = (stamp & StopBit) != 0;
            if (surface && !last) throw Fault("a surface tank has more than one pulse in a group");
            if (last) return;
            first = false;
        }
    }

    private long TimeCode(int code, int bits) => code == (1 << bits) - 1 ? code + Overflow(ref timeOverflow) : code;

    private double InIceCharge(ushort stamp)
    {
        long code = ChargeCode(stamp);
        if (code == (1 << ChargeBits) - 1) code += Overflow(ref chargeOverflow);
        return ChargeStep * code + ChargeStep / 2;
    }

    private double SurfaceCharge(ushort stamp)
    {
        if (extra == record.Extra.Length) throw Fault("a surface pulse has no charge byte");
        return Elementary.PowerOfTen((ChargeCode(stamp) | record.Extra[extra++] << ChargeBits) * SurfaceChargeScale - 2);
    }

    private static int ChargeCode(ushort stamp) => stamp >> StampTimeBits & (1 << ChargeBits) - 1;

    /// <summary>Sum of the words up to and including the first that is not full.</summary>
    private long Overflow(ref int counter)
    {
        long sum = 0;
        ushort next;
        do
        {
            next = NextWord();
            sum += next;
            counter++;
        }
        while (next == OverflowWord);
        return sum;
    }

    private ushort NextWord() => word < record.Stamps.Length ? record.Stamps[word++] : throw Fault("the stamps end inside a group");

    private readonly EventFormatException Fault(string what) => new(layer, word * sizeof(ushort), what);

    /// <summary>Run-length coded widths: the low nibble is log2 of the width; the high nibbles of the bytes that share it, least
    /// significant first, are the length of the run.</summary>
    private sealed class WidthStream(byte[] bytes, int limit, string layer)
    {
        private int position, code, left;

        public int Taken { get; private set; }

        public int Next()
        {
            if (left == 0) StartRun();
            left--;
            Taken++;
            return code;
        }

        public void ExpectEnd()
        {
            if (left != 0 || position != bytes.Length) throw new EventFormatException(layer, position, "pulse widths are left over");
        }

        private void StartRun()
        {
            if (position == bytes.Length) throw new EventFormatException(layer, position, "the pulse widths end before the pulses");
            code = bytes[position] & 0xF;
            long length = 0;
            for (int shift = 0; position < bytes.Length && (bytes[position] & 0xF) == code; position++, shift += 4)
            {
                if (shift < 32) length |= (long)(bytes[position] >> 4) << shift;
                else if (bytes[position] >> 4 != 0) length = long.MaxValue;
            }

            if (length == 0 || length > limit) throw new EventFormatException(layer, position, $"a run of {length} equal pulse widths");
            left = (int)length;
        }
    }
}
